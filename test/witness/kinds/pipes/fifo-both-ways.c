#include "witness.h"
/* Opened O_RDWR by a daemon that waits: the same flags, nothing to read, no hang-up. */
int main(void) {
  char text[16] = "";
  must(!mkfifo("/tmp/fifo-both-ways", 0600));
  int file = open("/tmp/fifo-both-ways", O_RDWR | O_NONBLOCK);
  must(file >= 0);
  int flags = fcntl(file, F_GETFL);
  ready();
  same("flags", fcntl(file, F_GETFL), flags);
  same("events", events_of(file, POLLIN), 0);
  check(read(file, text, 16) < 0 && errno == EAGAIN, "a read does not wait");
  int out = open("/tmp/fifo-both-ways", O_WRONLY | O_NONBLOCK);
  must(out >= 0 && write(out, "x", 1) == 1);
  close(out);
  same("what comes", read(file, text, 16), 1);
  check(read(file, text, 16) < 0 && errno == EAGAIN, "it is at its end when a writer has gone");
  return 0;
}
