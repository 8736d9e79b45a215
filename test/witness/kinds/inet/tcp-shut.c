#include "witness.h"
#include <netinet/tcp.h>
#include <sys/socket.h>

/* Both sides have shut it, but hold it open (CLOSE, TIME_WAIT of nobody); the other was reset. */
int main(void) {
  struct tcp pair = tcp_pair(), reset = tcp_pair();
  char text[8];
  must(write(pair.client, "last", 4) == 4);
  comes("the data", pair.server, POLLIN);
  must(!shutdown(pair.server, SHUT_WR) && !shutdown(pair.client, SHUT_WR));
  sleep_ms(50);
  struct linger now = {1, 0};
  must(!setsockopt(reset.client, SOL_SOCKET, SO_LINGER, &now, sizeof now));
  close(reset.client);
  sleep_ms(20);
  ready();
  same("what was sent", recv(pair.server, text, 8, MSG_DONTWAIT), 4);
  same("behind it", recv(pair.server, text, 8, MSG_DONTWAIT), 0);
  same("of the other side", recv(pair.client, text, 8, MSG_DONTWAIT), 0);
  check(recv(reset.server, text, 8, MSG_DONTWAIT) <= 0, "the reset one can be read");
  return 0;
}
