#include "witness.h"
/* O_DIRECT: what was written at once is read at once. */
int main(void) {
  int ends[2];
  char text[64];
  must(!pipe2(ends, O_DIRECT | O_NONBLOCK));
  must(write(ends[1], "first", 5) == 5 && write(ends[1], "second", 6) == 6);
  ready();
  same("flag", fcntl(ends[1], F_GETFL) & O_DIRECT, O_DIRECT);
  same("length of the first", read(ends[0], text, sizeof text), 5);
  same("length of the second", read(ends[0], text, sizeof text), 6);
  must(write(ends[1], "third", 5) == 5 && write(ends[1], "fourth", 6) == 6);
  same("length of the third", read(ends[0], text, sizeof text), 5);
  return 0;
}
