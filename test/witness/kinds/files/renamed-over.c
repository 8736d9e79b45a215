#include "witness.h"
/* Open, and replaced by another of the same name, as editors do. */
int main(void) {
  char text[16] = "";
  spill("/tmp/renamed-over", "old");
  int file = open("/tmp/renamed-over", O_RDONLY);
  spill("/tmp/renamed-over.new", "new!");
  must(file >= 0 && !rename("/tmp/renamed-over.new", "/tmp/renamed-over"));
  ready();
  must(read(file, text, 15) == 3);
  same_text("content of the open one", text, "old");
  same_text("content by its name", slurp("/tmp/renamed-over"), "new!");
  return 0;
}
