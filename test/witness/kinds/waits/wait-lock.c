#include "witness.h"
#include <sys/file.h>

/* fcntl(F_SETLKW): a process that waits for a part of a file. */
int main(void) {
  struct flock part = {.l_type = F_WRLCK, .l_start = 5, .l_len = 5};
  int file = open("/tmp/wait-lock", O_RDWR | O_CREAT, 0600), status;
  must(!fcntl(file, F_SETLK, &part));
  pid_t pid = fork();
  if (!pid) _exit(fcntl(open("/tmp/wait-lock", O_RDWR), F_SETLKW, &part) ? errno : 7);
  sleep_ms(30);
  ready();
  sleep_ms(50);
  same("end of it", waitpid(pid, &status, WNOHANG), 0);
  part.l_type = F_UNLCK;
  must(!fcntl(file, F_SETLK, &part) && waitpid(pid, &status, 0) == pid);
  same("what it did", WEXITSTATUS(status), 7);
  return 0;
}
