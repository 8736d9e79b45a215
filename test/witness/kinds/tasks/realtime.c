#include "witness.h"
#include <sched.h>

int main(void) {
  struct sched_param high = {.sched_priority = 5}, now;
  if (sched_setscheduler(0, SCHED_RR, &high)) lacking("SCHED_RR: %s", strerror(errno));
  ready();
  same("SCHED_RR", sched_getscheduler(0), SCHED_RR);
  must(!sched_getparam(0, &now));
  same("priority", now.sched_priority, 5);
  return 0;
}
