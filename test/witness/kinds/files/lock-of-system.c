#include "witness.h"
#include <sys/file.h>

/* A lock of a file that came with the image and was never changed. */
int main(void) {
  int file = open("/etc/passwd", O_RDONLY);
  must(file >= 0 && !flock(file, LOCK_SH));
  ready();
  pid_t pid = fork();
  if (!pid) _exit(flock(open("/etc/passwd", O_RDONLY), LOCK_EX | LOCK_NB) ? 7 : 1);
  int status;
  must(waitpid(pid, &status, 0) == pid);
  same("another's right to it", WEXITSTATUS(status), 7);
  return 0;
}
