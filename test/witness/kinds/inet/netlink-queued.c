#include "witness.h"
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <sys/ioctl.h>
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

/* Messages that nobody has read. */
int main(void) {
  int route = socket(AF_NETLINK, SOCK_RAW, NETLINK_ROUTE), any = socket(AF_INET, SOCK_DGRAM, 0);
  struct sockaddr_nl address = {.nl_family = AF_NETLINK, .nl_groups = RTMGRP_LINK};
  struct ifreq device = {.ifr_name = "lo"};
  must(route >= 0 && !bind(route, (void *)&address, sizeof address) && !ioctl(any, SIOCGIFMTU, &device));
  device.ifr_mtu--;
  must(!ioctl(any, SIOCSIFMTU, &device));
  comes("it", route, POLLIN);
  device.ifr_mtu++;
  must(!ioctl(any, SIOCSIFMTU, &device));
  ready();
  return 0;
}
