#include "witness.h"
#include <sched.h>

static char stack[65536];
static int ends[2];
static int body(void *unused) {
  (void)unused;
  char text;
  if (read(ends[0], &text, 1) != 1) return 1;
  close(900);
  return open("/dev/null", O_RDONLY) < 0;
}

/* CLONE_FILES: what a child opens and closes, its parent has open and closed. */
int main(void) {
  int status;
  must(!pipe(ends) && dup2(0, 900) == 900);
  pid_t pid = clone(body, stack + sizeof stack, CLONE_FILES | SIGCHLD, NULL);
  must(pid > 0);
  ready();
  must(write(ends[1], "x", 1) == 1 && waitpid(pid, &status, 0) == pid);
  check(fcntl(900, F_GETFD) < 0 && errno == EBADF, "what the child has closed is open");
  return 0;
}
