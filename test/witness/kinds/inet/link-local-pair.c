#include "witness.h"
#include <ifaddrs.h>
#include <net/if.h>
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

/* A connection between addresses of the link alone. */
int main(void) {
  struct sockaddr_in6 address = {.sin6_family = AF_INET6};
  struct ifaddrs *all;
  socklen_t length = sizeof address;
  must(!getifaddrs(&all));
  for (struct ifaddrs *one = all; one; one = one->ifa_next) {
    struct sockaddr_in6 *its = (void *)one->ifa_addr;
    if (its && its->sin6_family == AF_INET6 && IN6_IS_ADDR_LINKLOCAL(&its->sin6_addr) && !strcmp(one->ifa_name, "eth0")) address = *its;
  }
  if (!address.sin6_scope_id) lacking("eth0 has no link-local address");
  int listener = socket(AF_INET6, SOCK_STREAM, 0);
  for (int i = 0; bind(listener, (void *)&address, sizeof address); i++) {
    must(errno == EADDRNOTAVAIL && i < 500);
    sleep_ms(20);
  }
  must(!listen(listener, 4) && !getsockname(listener, (void *)&address, &length));
  must(!connect(socket(AF_INET6, SOCK_STREAM, 0), (void *)&address, length) && accept(listener, NULL, NULL) >= 0);
  ready();
  return 0;
}
