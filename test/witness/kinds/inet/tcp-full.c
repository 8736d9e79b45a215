#include "witness.h"
#include <sys/socket.h>

/* With data in both directions that nobody has read, and more than the buffers of the other end. */
int main(void) {
  struct tcp pair = tcp_pair();
  enum { LENGTH = 300000 };
  char *data = malloc(LENGTH), *back = malloc(LENGTH);
  fill(data, LENGTH, 7);
  fcntl(pair.client, F_SETFL, O_NONBLOCK);
  int sent = 0;
  for (ssize_t more; sent < LENGTH && (more = write(pair.client, data + sent, LENGTH - sent)) > 0;) sent += more;
  must(write(pair.server, "answer", 6) == 6);
  ready();
  same("answer", read(pair.client, back, 16), 6);
  for (int length = 0; length < sent;) {
    ssize_t more = read(pair.server, back + length, sent - length);
    must(more > 0);
    length += more;
  }
  check(!memcmp(back, data, sent), "what was sent");
  must(write(pair.server, "x", 1) == 1);
  comes("the next byte", pair.client, POLLIN);
  return 0;
}
