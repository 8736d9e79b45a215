#include "witness.h"
/* O_TMPFILE: a file that never had a name, and may be given one. */
int main(void) {
  int file = open("/tmp", O_RDWR | O_TMPFILE, 0600);
  if (file < 0) lacking("O_TMPFILE: %s", strerror(errno));
  must(write(file, "nameless", 8) == 8);
  ready();
  char text[16] = "", path[64];
  must(pread(file, text, 15, 0) == 8);
  same_text("its content", text, "nameless");
  struct stat about;
  must(!fstat(file, &about));
  same("links", about.st_nlink, 0);
  snprintf(path, sizeof path, "/proc/self/fd/%d", file);
  check(!linkat(AT_FDCWD, path, AT_FDCWD, "/tmp/nameless", AT_SYMLINK_FOLLOW), "it cannot be given a name: %s", strerror(errno));
  return 0;
}
