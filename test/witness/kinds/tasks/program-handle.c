#include "witness.h"

/* Its program, held open with O_PATH as systemd holds its executor: CRIU takes both for one open file. */
int main(void) {
  int handle = open("/proc/self/exe", O_PATH | O_CLOEXEC);
  must(handle >= 0);
  ready();
  struct stat held, program;
  must(!fstat(handle, &held) && !stat("/proc/self/exe", &program));
  same("inode of the program", program.st_ino, held.st_ino);
  same("O_PATH of the descriptor", fcntl(handle, F_GETFL) & O_PATH, O_PATH);
  return 0;
}
