#include "witness.h"
#include <net/if.h>
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

int main(void) {
  struct ipv6_mreq member = {.ipv6mr_interface = if_nametoindex("eth0")};
  int server = socket(AF_INET6, SOCK_DGRAM, 0);
  inet_pton(AF_INET6, "ff02::1234", &member.ipv6mr_multiaddr);
  if (server < 0 || setsockopt(server, IPPROTO_IPV6, IPV6_ADD_MEMBERSHIP, &member, sizeof member))
    lacking("a membership of IPv6: %s", strerror(errno));
  ready();
  check(strstr(slurp("/proc/net/igmp6"), "ff020000000000000000000000001234") != NULL, "eth0 is no member of the group");
  return 0;
}
