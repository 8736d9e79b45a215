#include "witness.h"
/* One that signals the process with a value, what is left of it; one that repeats goes on; overruns are counted. */
int main(void) {
  sigset_t mask;
  sigemptyset(&mask);
  sigaddset(&mask, SIGRTMIN + 2);
  sigaddset(&mask, SIGRTMIN + 3);
  must(!sigprocmask(SIG_BLOCK, &mask, NULL));
  timer_t hour, often;
  struct sigevent event = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGRTMIN + 2, .sigev_value.sival_int = 99};
  must(!timer_create(CLOCK_MONOTONIC, &event, &hour));
  event.sigev_signo = SIGRTMIN + 3;
  event.sigev_value.sival_int = 98;
  must(!timer_create(CLOCK_REALTIME, &event, &often));
  struct itimerspec in_an_hour = {.it_value.tv_sec = 3600};
  struct itimerspec each = {.it_value.tv_nsec = 30000000, .it_interval.tv_nsec = 30000000};
  must(!timer_settime(hour, 0, &in_an_hour, NULL) && !timer_settime(often, 0, &each, NULL));
  ready();
  struct itimerspec left;
  must(!timer_gettime(hour, &left));
  check(left.it_value.tv_sec > 3000 && left.it_value.tv_sec <= 3600, "%ld s left of the hour", left.it_value.tv_sec);
  struct itimerspec soon = {.it_value.tv_nsec = 1};
  must(!timer_settime(hour, 0, &soon, NULL));
  struct timespec most = {10, 0};
  siginfo_t info;
  for (int i = 0; i < 3; i++) {
    must(sigtimedwait(&mask, &info, &most) > 0);
    same("value", info.si_value.sival_int, info.si_signo == SIGRTMIN + 2 ? 99 : 98);
  }
  return 0;
}
