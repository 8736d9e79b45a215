#include "witness.h"
#include <arpa/inet.h>
#include <net/if_arp.h>
#include <netinet/in.h>
#include <sys/ioctl.h>
#include <net/if.h>
#include <sys/socket.h>

/* SYN_SENT: to somebody who does not answer, at an address that belongs to nobody. */
int main(void) {
  int client = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
  struct ifreq own = {.ifr_name = "eth0"};
  if (ioctl(client, SIOCGIFADDR, &own)) lacking("eth0 has no address: %s", strerror(errno));
  struct sockaddr_in to = *(struct sockaddr_in *)&own.ifr_addr;
  to.sin_port = htons(9);
  to.sin_addr.s_addr ^= htonl(0x5a);
  struct arpreq neighbour = {.arp_ha = {ARPHRD_ETHER, "\x02\x00\x5e\x00\x00\x5a"}, .arp_flags = ATF_PERM | ATF_COM, .arp_dev = "eth0"};
  memcpy(&neighbour.arp_pa, &to, sizeof to);
  must(!ioctl(client, SIOCSARP, &neighbour));
  must(connect(client, (void *)&to, sizeof to) && errno == EINPROGRESS);
  ready();
  same("events", events_of(client, POLLOUT), 0);
  return 0;
}
