#include "witness.h"
#include <sys/prctl.h>

/* PR_SET_TSC: reading the counter is an error. */
int main(void) {
  int mode = 0;
  if (prctl(PR_SET_TSC, PR_TSC_ENABLE)) lacking("PR_SET_TSC: %s", strerror(errno));
  pid_t pid = fork();
  if (!pid) {
    prctl(PR_SET_TSC, PR_TSC_SIGSEGV);
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGUSR2);
    sigprocmask(SIG_BLOCK, &set, NULL);
    int number;
    sigwait(&set, &number);
    prctl(PR_GET_TSC, &mode);
    _exit(mode == PR_TSC_SIGSEGV ? 7 : 1);
  }
  sleep_ms(50);
  ready();
  int status;
  must(!kill(pid, SIGUSR2) && waitpid(pid, &status, 0) == pid);
  check(WIFEXITED(status) && WEXITSTATUS(status) == 7, "the counter may be read");
  return 0;
}
