#include "witness.h"
#include <linux/net_tstamp.h>
#include <sys/time.h>
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

/* Options of a socket that tell when something came, and what is told with it. */
int main(void) {
  static const struct { int level, name; const char *what; } all[] = {
    {SOL_SOCKET, SO_TIMESTAMPNS, "SO_TIMESTAMPNS"}, {IPPROTO_IP, IP_RECVTOS, "IP_RECVTOS"}, {IPPROTO_IP, IP_RECVTTL, "IP_RECVTTL"},
    {IPPROTO_IP, IP_RECVERR, "IP_RECVERR"}, {IPPROTO_IP, IP_FREEBIND, "IP_FREEBIND"}, {SOL_SOCKET, SO_RXQ_OVFL, "SO_RXQ_OVFL"},
    {SOL_SOCKET, SO_DONTROUTE, "SO_DONTROUTE"}, {SOL_SOCKET, SO_NO_CHECK, "SO_NO_CHECK"}, {IPPROTO_IP, IP_RECVORIGDSTADDR, "IP_RECVORIGDSTADDR"}};
  enum { COUNT = sizeof all / sizeof *all };
  int udp = socket(AF_INET, SOCK_DGRAM, 0), on = 1, value;
  struct sockaddr_in address = {.sin_family = AF_INET};
  socklen_t length = sizeof value;
  must(!bind(udp, (void *)&address, sizeof address));
  for (int i = 0; i < COUNT; i++) must(!setsockopt(udp, all[i].level, all[i].name, &on, sizeof on));
  ready();
  for (int i = 0; i < COUNT; i++) {
    must(!getsockopt(udp, all[i].level, all[i].name, &value, &length));
    same(all[i].what, value, 1);
  }
  return 0;
}
