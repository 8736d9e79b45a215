#include "witness.h"
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

int main(void) {
  struct tcp pair = tcp_pair();
  int on = 1, off = 0, value = 0;
  socklen_t length = sizeof value;
  char text[8];
  must(!setsockopt(pair.client, IPPROTO_TCP, TCP_CORK, &on, sizeof on) && write(pair.client, "held", 4) == 4);
  ready();
  must(!getsockopt(pair.client, IPPROTO_TCP, TCP_CORK, &value, &length));
  same("TCP_CORK", value, 1);
  must(!setsockopt(pair.client, IPPROTO_TCP, TCP_CORK, &off, sizeof off));
  comes("what was held back", pair.server, POLLIN);
  same("its length", read(pair.server, text, 8), 4);
  return 0;
}
