#include "witness.h"
/* Names of files that are no UTF-8, have a line break, or are as long as may be. */
int main(void) {
  char longest[256], path[300];
  memset(longest, 'n', 255);
  longest[255] = 0;
  static const char *const names[] = {"line\nbreak", "\xff\xfe latin", " blank ", "-rf", "*"};
  must(!mkdir("/tmp/names", 0700));
  for (int i = 0; i < 6; i++) {
    snprintf(path, sizeof path, "/tmp/names/%s", i < 5 ? names[i] : longest);
    spill(path, "x");
  }
  ready();
  for (int i = 0; i < 6; i++) {
    snprintf(path, sizeof path, "/tmp/names/%s", i < 5 ? names[i] : longest);
    check(!access(path, F_OK), "name %d is gone", i);
  }
  return 0;
}
