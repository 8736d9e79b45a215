#include "witness.h"
#include <sys/time.h>

int main(void) {
  static const int which[] = {ITIMER_REAL, ITIMER_VIRTUAL, ITIMER_PROF};
  struct itimerval hour = {.it_value.tv_sec = 3600, .it_interval.tv_sec = 7}, left;
  for (int i = 0; i < 3; i++) must(!setitimer(which[i], &hour, NULL));
  ready();
  for (int i = 0; i < 3; i++) {
    must(!getitimer(which[i], &left));
    check(left.it_value.tv_sec > 3000 && left.it_value.tv_sec <= 3600, "timer %d has %ld s left", i, left.it_value.tv_sec);
    same("interval", left.it_interval.tv_sec, 7);
  }
  return 0;
}
