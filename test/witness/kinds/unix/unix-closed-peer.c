#include "witness.h"
#include <sys/socket.h>

/* The other end is closed; what it had sent waits. */
int main(void) {
  int stream[2], packets[2], datagrams[2];
  char text[8];
  signal(SIGPIPE, SIG_IGN);
  must(!socketpair(AF_UNIX, SOCK_STREAM, 0, stream) && !socketpair(AF_UNIX, SOCK_SEQPACKET, 0, packets));
  must(!socketpair(AF_UNIX, SOCK_DGRAM, 0, datagrams));
  must(write(stream[0], "rest", 4) == 4 && write(packets[0], "rest", 4) == 4 && write(datagrams[0], "rest", 4) == 4);
  close(stream[0]);
  close(packets[0]);
  close(datagrams[0]);
  ready();
  same("rest of the stream", read(stream[1], text, 8), 4);
  same("behind it", read(stream[1], text, 8), 0);
  same("rest of the packets", read(packets[1], text, 8), 4);
  same("behind it", read(packets[1], text, 8), 0);
  same("rest of the datagrams", read(datagrams[1], text, 8), 4);
  check(write(stream[1], "x", 1) < 0 && errno == EPIPE, "the stream can be written");
  check(write(datagrams[1], "x", 1) < 0, "the datagrams can be written");
  return 0;
}
