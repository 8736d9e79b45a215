#include "witness.h"
#include <sys/socket.h>

/* FIN_WAIT2 and CLOSE_WAIT: one side has said all that it has to say. */
int main(void) {
  struct tcp pair = tcp_pair();
  char text[8];
  must(write(pair.client, "last", 4) == 4 && !shutdown(pair.client, SHUT_WR));
  comes("the end", pair.server, POLLRDHUP);
  ready();
  same("what was sent", read(pair.server, text, 8), 4);
  same("behind it", read(pair.server, text, 8), 0);
  must(write(pair.server, "back", 4) == 4);
  comes("the answer", pair.client, POLLIN);
  same("the answer", read(pair.client, text, 8), 4);
  close(pair.server);
  comes("the end of the other side", pair.client, POLLRDHUP);
  same("behind it", read(pair.client, text, 8), 0);
  return 0;
}
