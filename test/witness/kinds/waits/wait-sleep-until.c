#include "witness.h"
/* clock_nanosleep() up to a time of the monotonic clock. */
int main(void) {
  int status;
  pid_t pid = fork();
  if (!pid) {
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += 600;
    _exit(clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL) ? 1 : 2);
  }
  sleep_ms(30);
  ready();
  sleep_ms(100);
  same("end of it", waitpid(pid, &status, WNOHANG), 0);
  return 0;
}
