#include "witness.h"
#include <sys/socket.h>

/* Shut in one direction; of a stream and of packets. */
int main(void) {
  static const int types[] = {SOCK_STREAM, SOCK_SEQPACKET};
  int pair[2][2];
  char text[8];
  signal(SIGPIPE, SIG_IGN);
  for (int i = 0; i < 2; i++) {
    must(!socketpair(AF_UNIX, types[i], 0, pair[i]) && write(pair[i][0], "last", 4) == 4);
    must(!shutdown(pair[i][0], SHUT_WR));
  }
  ready();
  for (int i = 0; i < 2; i++) {
    same("what was sent", read(pair[i][1], text, 8), 4);
    same("behind it", read(pair[i][1], text, 8), 0);
    check(write(pair[i][0], "x", 1) < 0 && errno == EPIPE, "what is shut can be written");
    must(write(pair[i][1], "back", 4) == 4);
    same("the other way", read(pair[i][0], text, 8), 4);
  }
  return 0;
}
