#include "witness.h"
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

int main(void) {
  static const struct { int name, value; const char *what; } all[] = {
    {IPV6_TCLASS, 8, "IPV6_TCLASS"}, {IPV6_UNICAST_HOPS, 33, "IPV6_UNICAST_HOPS"}, {IPV6_RECVPKTINFO, 1, "IPV6_RECVPKTINFO"},
    {IPV6_MULTICAST_HOPS, 5, "IPV6_MULTICAST_HOPS"}, {IPV6_V6ONLY, 1, "IPV6_V6ONLY"}, {IPV6_RECVTCLASS, 1, "IPV6_RECVTCLASS"}};
  enum { COUNT = sizeof all / sizeof *all };
  int udp = socket(AF_INET6, SOCK_DGRAM, 0), value;
  if (udp < 0) lacking("IPv6: %s", strerror(errno));
  struct sockaddr_in6 address = {.sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT};
  socklen_t length = sizeof value;
  for (int i = 0; i < COUNT; i++) must(!setsockopt(udp, IPPROTO_IPV6, all[i].name, &all[i].value, sizeof value));
  if (bind(udp, (void *)&address, sizeof address)) lacking("::1: %s", strerror(errno));
  ready();
  for (int i = 0; i < COUNT; i++) {
    must(!getsockopt(udp, IPPROTO_IPV6, all[i].name, &value, &length));
    same(all[i].what, value, all[i].value);
  }
  return 0;
}
