#include "witness.h"
#include <net/if.h>
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

/* A member of a group: what is sent to it is heard, and it sends as it was told to. */
int main(void) {
  struct sockaddr_in address = {AF_INET, htons(5353), {htonl(INADDR_ANY)}, {0}};
  struct sockaddr_in group = {AF_INET, htons(5353), {inet_addr("239.1.2.3")}, {0}};
  struct ip_mreqn member = {.imr_multiaddr = group.sin_addr, .imr_ifindex = if_nametoindex("eth0")}, through = member;
  int server = socket(AF_INET, SOCK_DGRAM, 0), client = socket(AF_INET, SOCK_DGRAM, 0), ttl = 7, value = 0, on = 1;
  socklen_t length = sizeof value;
  must(!setsockopt(server, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) && !bind(server, (void *)&address, sizeof address));
  must(!setsockopt(server, IPPROTO_IP, IP_ADD_MEMBERSHIP, &member, sizeof member));
  must(!setsockopt(client, IPPROTO_IP, IP_MULTICAST_IF, &through, sizeof through));
  must(!setsockopt(client, IPPROTO_IP, IP_MULTICAST_TTL, &ttl, sizeof ttl));
  ready();
  must(!getsockopt(client, IPPROTO_IP, IP_MULTICAST_TTL, &value, &length));
  same("IP_MULTICAST_TTL", value, 7);
  check(strstr(slurp("/proc/net/igmp"), "030201EF") != NULL, "eth0 is no member of the group");
  must(sendto(client, "x", 1, 0, (void *)&group, sizeof group) == 1);
  comes("what is sent to the group", server, POLLIN);
  return 0;
}
