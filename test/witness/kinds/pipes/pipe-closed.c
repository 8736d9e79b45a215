#include "witness.h"
/* Whose writers are gone, and whose readers are. */
int main(void) {
  int read_on[2], broken[2];
  char text[8] = "";
  must(!pipe(read_on) && !pipe(broken) && write(read_on[1], "rest", 4) == 4);
  close(read_on[1]);
  close(broken[0]);
  signal(SIGPIPE, SIG_IGN);
  ready();
  must(read(read_on[0], text, 8) == 4);
  same_text("what is left", text, "rest");
  same("behind it", read(read_on[0], text, 8), 0);
  check(write(broken[1], "x", 1) < 0 && errno == EPIPE, "the broken one can be written");
  return 0;
}
