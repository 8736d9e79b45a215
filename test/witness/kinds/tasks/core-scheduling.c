#include "witness.h"
#include <sys/prctl.h>
#ifndef PR_SCHED_CORE
#define PR_SCHED_CORE 62
#endif

/* A cookie: who has another may not share a core. */
int main(void) {
  unsigned long cookie = 0, now = 0;
  if (prctl(PR_SCHED_CORE, 1, 0, 1, 0)) lacking("PR_SCHED_CORE: %s", strerror(errno));
  must(!prctl(PR_SCHED_CORE, 0, 0, 0, &cookie) && cookie);
  ready();
  must(!prctl(PR_SCHED_CORE, 0, 0, 0, &now));
  check(now, "the cookie is gone");
  return 0;
}
