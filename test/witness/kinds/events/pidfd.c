#include "witness.h"
#include <sys/eventfd.h>

/* One of a process that lives, and one of a process that is gone. */
int main(void) {
  pid_t lives = idle_child(), gone = idle_child();
  int of_living = syscall(SYS_pidfd_open, lives, 0), of_gone = syscall(SYS_pidfd_open, gone, 0);
  must(of_living >= 0 && of_gone >= 0);
  must(!kill(gone, SIGKILL) && waitpid(gone, NULL, 0) == gone);
  ready();
  check(!syscall(SYS_pidfd_send_signal, of_living, 0, NULL, 0), "the living one is not reached");
  same("events of the living one", events_of(of_living, POLLIN), 0);
  check(syscall(SYS_pidfd_send_signal, of_gone, 0, NULL, 0) && errno == ESRCH, "the gone one is reached");
  same("events of the gone one", events_of(of_gone, POLLIN) & POLLIN, POLLIN);
  must(!syscall(SYS_pidfd_send_signal, of_living, SIGKILL, NULL, 0));
  comes("the end of the living one", of_living, POLLIN);
  same("who ended", waitpid(lives, NULL, 0), lives);
  return 0;
}
