#include "witness.h"
#include <pty.h>

/* The end of a terminal that nobody shows any more. */
int main(void) {
  int master, end;
  must(!openpty(&master, &end, NULL, NULL, NULL));
  close(master);
  ready();
  char text[8];
  check(read(end, text, 8) <= 0, "there is something to read");
  same("hang-up", events_of(end, POLLIN) & POLLHUP, POLLHUP);
  return 0;
}
