#include "witness.h"
#include <sys/socket.h>

/* A byte that is out of band, in a stream. */
int main(void) {
  int pair[2];
  char text[8];
  must(!socketpair(AF_UNIX, SOCK_STREAM, 0, pair) && write(pair[0], "ab", 2) == 2);
  if (send(pair[0], "!", 1, MSG_OOB) != 1) lacking("MSG_OOB: %s", strerror(errno));
  ready();
  same("out of band", recv(pair[1], text, 1, MSG_OOB | MSG_DONTWAIT), 1);
  same("in band", recv(pair[1], text, 8, MSG_DONTWAIT), 2);
  return 0;
}
