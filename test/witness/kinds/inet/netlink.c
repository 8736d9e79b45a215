#include "witness.h"
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <sys/ioctl.h>
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

/* A member of a group, which is told of changes; and its address. */
int main(void) {
  int route = socket(AF_NETLINK, SOCK_RAW | SOCK_NONBLOCK, NETLINK_ROUTE);
  struct sockaddr_nl address = {.nl_family = AF_NETLINK, .nl_groups = RTMGRP_IPV4_ROUTE}, now;
  socklen_t length = sizeof address;
  must(route >= 0 && !bind(route, (void *)&address, length) && !getsockname(route, (void *)&address, &length));
  char text[8192];
  while (recv(route, text, sizeof text, 0) > 0) continue;
  ready();
  must(!getsockname(route, (void *)&now, &length));
  same("its port", now.nl_pid, address.nl_pid);
  same("its groups", now.nl_groups, RTMGRP_IPV4_ROUTE);
  while (recv(route, text, sizeof text, 0) > 0) continue;
  struct ifreq device = {.ifr_name = "lo:7"};
  struct sockaddr_in *alias = (void *)&device.ifr_addr;
  *alias = (struct sockaddr_in){.sin_family = AF_INET, .sin_addr.s_addr = inet_addr("127.9.9.9")};
  must(!ioctl(socket(AF_INET, SOCK_DGRAM, 0), SIOCSIFADDR, &device));
  comes("word of a new route", route, POLLIN);
  return 0;
}
