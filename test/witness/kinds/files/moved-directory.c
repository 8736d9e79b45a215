#include "witness.h"
/* A file whose directory was renamed since, and one with a second name whose first is gone. */
int main(void) {
  char text[16] = "";
  must(!mkdir("/tmp/moved-before", 0700));
  spill("/tmp/moved-before/file", "behind");
  spill("/tmp/moved-name", "linked");
  int file = open("/tmp/moved-before/file", O_RDWR), linked = open("/tmp/moved-name", O_RDWR);
  must(!rename("/tmp/moved-before", "/tmp/moved-after"));
  must(!link("/tmp/moved-name", "/tmp/moved-second") && !unlink("/tmp/moved-name"));
  ready();
  must(pread(file, text, 15, 0) == 6);
  same_text("content behind the directory", text, "behind");
  must(pwrite(file, "B", 1, 0) == 1);
  same_text("by its new path", slurp("/tmp/moved-after/file"), "Behind");
  must(pwrite(linked, "L", 1, 0) == 1);
  same_text("by its second name", slurp("/tmp/moved-second"), "Linked");
  return 0;
}
