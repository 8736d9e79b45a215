#include "witness.h"
/* The devices that every guest has. */
int main(void) {
  static const char *const paths[] = {"/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom"};
  int file[5];
  char text[16];
  for (int i = 0; i < 5; i++) must((file[i] = open(paths[i], O_RDWR)) >= 0);
  ready();
  same("/dev/null", read(file[0], text, 16), 0);
  same("/dev/zero", read(file[1], text, 16), 16);
  check(write(file[2], "x", 1) < 0 && errno == ENOSPC, "/dev/full");
  same("/dev/random", read(file[3], text, 16), 16);
  same("/dev/urandom", read(file[4], text, 16), 16);
  return 0;
}
