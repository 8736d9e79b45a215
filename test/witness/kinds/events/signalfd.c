#include "witness.h"
#include <sys/signalfd.h>

/* Pending signals: of the process with values, in their order, and of the thread. */
int main(void) {
  sigset_t mask;
  sigemptyset(&mask);
  sigaddset(&mask, SIGRTMIN + 1);
  sigaddset(&mask, SIGUSR2);
  must(!sigprocmask(SIG_BLOCK, &mask, NULL));
  int file = signalfd(-1, &mask, SFD_NONBLOCK);
  for (int i = 1; i <= 3; i++) must(!sigqueue(getpid(), SIGRTMIN + 1, (union sigval){.sival_int = i * 11}));
  must(!syscall(SYS_tgkill, getpid(), getpid(), SIGUSR2));
  ready();
  struct signalfd_siginfo info;
  bool own = false;
  for (int i = 1; i <= 4; i++) {
    must(read(file, &info, sizeof info) == sizeof info);
    if (info.ssi_signo == SIGUSR2) {
      own = true;
      same("who sent the thread's own", info.ssi_pid, getpid());
      continue;
    }
    same("value", info.ssi_int, (i - own) * 11);
    same("code", info.ssi_code, SI_QUEUE);
  }
  check(own, "the thread's own signal is gone");
  check(read(file, &info, sizeof info) < 0 && errno == EAGAIN, "there is one more");
  return 0;
}
