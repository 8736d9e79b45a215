#include "witness.h"
#include <sys/prctl.h>

/* PR_SET_PDEATHSIG: a signal when the parent ends. */
int main(void) {
  int ends[2];
  must(!pipe(ends) && !prctl(PR_SET_CHILD_SUBREAPER, 1));
  pid_t parent = fork();
  if (!parent) {
    pid_t child = fork();
    if (!child) {
      prctl(PR_SET_PDEATHSIG, SIGTERM);
      child = getpid();
      must(write(ends[1], &child, sizeof child) == sizeof child);
    }
    for (;;) pause();
  }
  pid_t child;
  int status;
  must(read(ends[0], &child, sizeof child) == sizeof child);
  ready();
  must(!kill(parent, SIGKILL) && waitpid(parent, NULL, 0) == parent);
  for (int i = 0; i < 100 && waitpid(child, &status, WNOHANG) == 0; i++) {
    if (i == 99) differs("no signal comes");
    sleep_ms(10);
  }
  return 0;
}
