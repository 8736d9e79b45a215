#include "witness.h"
#include <ifaddrs.h>
#include <net/if.h>
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

/* A listener on an address of the link alone, with its scope. */
int main(void) {
  struct sockaddr_in6 address = {.sin6_family = AF_INET6}, now;
  struct ifaddrs *all;
  socklen_t length = sizeof now;
  must(!getifaddrs(&all));
  for (struct ifaddrs *one = all; one; one = one->ifa_next) {
    struct sockaddr_in6 *its = (void *)one->ifa_addr;
    if (its && its->sin6_family == AF_INET6 && IN6_IS_ADDR_LINKLOCAL(&its->sin6_addr) && !strcmp(one->ifa_name, "eth0")) address = *its;
  }
  if (!address.sin6_scope_id) lacking("eth0 has no link-local address");
  int listener = socket(AF_INET6, SOCK_STREAM, 0);
  for (int i = 0; bind(listener, (void *)&address, sizeof address); i++) {
    must(errno == EADDRNOTAVAIL && i < 500); /* it is still tentative */
    sleep_ms(20);
  }
  must(!listen(listener, 4));
  ready();
  must(!getsockname(listener, (void *)&now, &length));
  same("its scope", now.sin6_scope_id, if_nametoindex("eth0"));
  check(!memcmp(&now.sin6_addr, &address.sin6_addr, 16), "its address");
  check(!connect(socket(AF_INET6, SOCK_STREAM, 0), (void *)&now, length) && accept(listener, NULL, NULL) >= 0, "no connection: %s", strerror(errno));
  return 0;
}
