#include "witness.h"
#include <sys/timerfd.h>

static const struct { clockid_t clock; const char *name; } clocks[] = {
  {CLOCK_MONOTONIC, "monotonic"}, {CLOCK_BOOTTIME, "boottime"}, {CLOCK_REALTIME, "realtime"}};

/* At a time of each clock: it is not due earlier, and later by no more than the guest stood still. */
int main(void) {
  int file[3];
  double due[3];
  for (int i = 0; i < 3; i++) {
    struct itimerspec at = {0};
    must(!clock_gettime(clocks[i].clock, &at.it_value));
    at.it_value.tv_sec += 2000;
    due[i] = at.it_value.tv_sec + at.it_value.tv_nsec / 1e9;
    must((file[i] = timerfd_create(clocks[i].clock, 0)) >= 0);
    must(!timerfd_settime(file[i], TFD_TIMER_ABSTIME, &at, NULL));
  }
  ready();
  for (int i = 0; i < 3; i++) {
    struct itimerspec left;
    must(!timerfd_gettime(file[i], &left));
    double then = seconds_of(clocks[i].clock) + left.it_value.tv_sec + left.it_value.tv_nsec / 1e9;
    check(then - due[i] < 60 && due[i] - then < 0.5, "the %s one is due %.3f s later", clocks[i].name, then - due[i]);
  }
  return 0;
}
