#include "witness.h"
#include <sched.h>

/* A parent that waits in vfork() for its child, which shares its memory. */
int main(void) {
  int ends[2], status;
  must(!pipe(ends));
  pid_t parent = fork();
  if (!parent) {
    volatile int mark = 1;
    pid_t child = vfork();
    if (!child) {
      char text;
      if (read(ends[0], &text, 1) != 1) _exit(1);
      mark = 2;
      _exit(5);
    }
    must(waitpid(child, &status, 0) == child);
    _exit(mark == 2 && WEXITSTATUS(status) == 5 ? 7 : 1);
  }
  sleep_ms(50);
  ready();
  must(write(ends[1], "x", 1) == 1 && waitpid(parent, &status, 0) == parent);
  same("what the parent did", WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status), 7);
  return 0;
}
