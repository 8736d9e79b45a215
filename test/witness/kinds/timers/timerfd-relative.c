#include "witness.h"
#include <sys/timerfd.h>

/* What is left of it, and a repeating one with expirations that nobody has read. */
int main(void) {
  int hour = timerfd_create(CLOCK_MONOTONIC, 0), ticks = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK);
  int due = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK);
  struct itimerspec in_an_hour = {.it_value.tv_sec = 3600};
  struct itimerspec often = {.it_value.tv_nsec = 20000000, .it_interval.tv_nsec = 20000000};
  struct itimerspec soon = {.it_value.tv_nsec = 1};
  must(!timerfd_settime(hour, 0, &in_an_hour, NULL) && !timerfd_settime(ticks, 0, &often, NULL));
  must(!timerfd_settime(due, 0, &soon, NULL));
  sleep_ms(100);
  ready();
  struct itimerspec left;
  uint64_t count = 0;
  must(!timerfd_gettime(hour, &left));
  check(left.it_value.tv_sec > 3000 && left.it_value.tv_sec <= 3600, "%ld s left of the hour", left.it_value.tv_sec);
  must(read(ticks, &count, 8) == 8);
  check(count >= 4, "%lu expirations, were 4 at least", count);
  comes("the next tick", ticks, POLLIN);
  must(read(due, &count, 8) == 8);
  same("expirations of the due one", count, 1);
  return 0;
}
