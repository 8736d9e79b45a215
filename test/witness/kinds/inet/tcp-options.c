#include "witness.h"
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

/* Not TCP_QUICKACK, which TCP itself changes with every exchange. */
int main(void) {
  static const struct { int level, name, value; const char *what; } all[] = {
    {IPPROTO_TCP, TCP_NODELAY, 1, "TCP_NODELAY"},
    {SOL_SOCKET, SO_KEEPALIVE, 1, "SO_KEEPALIVE"},
    {IPPROTO_TCP, TCP_KEEPIDLE, 77, "TCP_KEEPIDLE"},
    {IPPROTO_TCP, TCP_KEEPINTVL, 17, "TCP_KEEPINTVL"},
    {IPPROTO_TCP, TCP_KEEPCNT, 5, "TCP_KEEPCNT"},
    {IPPROTO_TCP, TCP_USER_TIMEOUT, 12345, "TCP_USER_TIMEOUT"},
    {IPPROTO_TCP, TCP_LINGER2, 9, "TCP_LINGER2"},
    {IPPROTO_TCP, TCP_NOTSENT_LOWAT, 16384, "TCP_NOTSENT_LOWAT"},
    {IPPROTO_IP, IP_TOS, 0x10, "IP_TOS"},
    {IPPROTO_IP, IP_TTL, 33, "IP_TTL"},
    {IPPROTO_IP, IP_MTU_DISCOVER, IP_PMTUDISC_DONT, "IP_MTU_DISCOVER"},
    {SOL_SOCKET, SO_PRIORITY, 3, "SO_PRIORITY"},
    {SOL_SOCKET, SO_RCVLOWAT, 4, "SO_RCVLOWAT"},
    {SOL_SOCKET, SO_OOBINLINE, 1, "SO_OOBINLINE"},
    {SOL_SOCKET, SO_REUSEADDR, 1, "SO_REUSEADDR"}};
  enum { COUNT = sizeof all / sizeof *all };
  struct tcp pair = tcp_pair();
  int before[COUNT], value;
  socklen_t length = sizeof value;
  char algorithm[2][16] = {"reno", ""};
  for (int i = 0; i < COUNT; i++) {
    must(!setsockopt(pair.client, all[i].level, all[i].name, &all[i].value, sizeof value));
    must(!getsockopt(pair.client, all[i].level, all[i].name, &before[i], &length));
  }
  must(!setsockopt(pair.client, IPPROTO_TCP, TCP_CONGESTION, algorithm[0], 4));
  struct linger linger = {1, 11}, now;
  must(!setsockopt(pair.client, SOL_SOCKET, SO_LINGER, &linger, sizeof linger));
  ready();
  for (int i = 0; i < COUNT; i++) {
    must(!getsockopt(pair.client, all[i].level, all[i].name, &value, &length));
    same(all[i].what, value, before[i]);
  }
  length = sizeof now;
  must(!getsockopt(pair.client, SOL_SOCKET, SO_LINGER, &now, &length));
  same("SO_LINGER", now.l_onoff * 1000 + now.l_linger, 1011);
  length = 16;
  must(!getsockopt(pair.client, IPPROTO_TCP, TCP_CONGESTION, algorithm[1], &length));
  same_text("TCP_CONGESTION", algorithm[1], algorithm[0]);
  return 0;
}
