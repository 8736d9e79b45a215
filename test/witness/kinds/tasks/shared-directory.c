#include "witness.h"
#include <sched.h>

static char stack[65536];
static int ends[2];
static int body(void *unused) {
  (void)unused;
  char text;
  if (read(ends[0], &text, 1) != 1) return 1;
  umask(0134);
  return chdir("/tmp");
}

/* CLONE_FS: a child's change of directory is its parent's. */
int main(void) {
  int status;
  char path[64] = "";
  must(!pipe(ends));
  pid_t pid = clone(body, stack + sizeof stack, CLONE_FS | SIGCHLD, NULL);
  must(pid > 0);
  ready();
  must(write(ends[1], "x", 1) == 1 && waitpid(pid, &status, 0) == pid && getcwd(path, sizeof path));
  same_text("current directory", path, "/tmp");
  same("mask", umask(0), 0134);
  return 0;
}
