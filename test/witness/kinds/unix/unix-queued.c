#include "witness.h"
#include <sys/socket.h>

/* Stream, datagram and seqpacket: data that nobody has read, both ways. */
int main(void) {
  static const int types[] = {SOCK_STREAM, SOCK_DGRAM, SOCK_SEQPACKET};
  int pair[3][2];
  char text[32];
  for (int i = 0; i < 3; i++) {
    must(!socketpair(AF_UNIX, types[i], 0, pair[i]));
    must(write(pair[i][0], "there", 5) == 5 && write(pair[i][0], "again", 5) == 5 && write(pair[i][1], "back", 4) == 4);
  }
  ready();
  for (int i = 0; i < 3; i++) {
    int length = types[i] == SOCK_STREAM ? 10 : 5;
    same("bytes", read(pair[i][1], text, 32), length);
    check(!memcmp(text, "thereagain", length), "what is read, of type %d", types[i]);
    same("bytes back", read(pair[i][0], text, 32), 4);
    must(write(pair[i][1], "new", 3) == 3);
    same("new bytes", read(pair[i][0], text, 32), 3);
  }
  return 0;
}
