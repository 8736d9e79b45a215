#include "witness.h"
#include <sched.h>

static char stack[65536];
static volatile int word;
static int ends[2];
static int body(void *unused) {
  (void)unused;
  char text;
  if (read(ends[0], &text, 1) != 1) return 1;
  word = 7;
  return 0;
}

/* CLONE_VM without CLONE_THREAD: two processes in one memory. */
int main(void) {
  int status;
  must(!pipe(ends));
  pid_t pid = clone(body, stack + sizeof stack, CLONE_VM | SIGCHLD, NULL);
  must(pid > 0);
  ready();
  must(write(ends[1], "x", 1) == 1 && waitpid(pid, &status, 0) == pid);
  same("what the child wrote", word, 7);
  return 0;
}
