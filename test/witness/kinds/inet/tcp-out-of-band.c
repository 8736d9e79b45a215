#include "witness.h"
#include <sys/socket.h>

/* A byte that is out of band and not read yet. */
int main(void) {
  struct tcp pair = tcp_pair();
  char text[8];
  must(write(pair.client, "ab", 2) == 2 && send(pair.client, "!", 1, MSG_OOB) == 1);
  comes("it", pair.server, POLLPRI);
  ready();
  same("out of band", recv(pair.server, text, 1, MSG_OOB | MSG_DONTWAIT), 1);
  same("in band", recv(pair.server, text, 8, MSG_DONTWAIT), 2);
  return 0;
}
