#include "witness.h"
#include <sched.h>
#ifndef CLONE_NEWTIME
#define CLONE_NEWTIME 0x80
#endif

/* A process whose monotonic clock is another's. */
int main(void) {
  if (unshare(CLONE_NEWTIME)) lacking("unshare: %s", strerror(errno));
  spill("/proc/self/timens_offsets", "1 1000 0\n");
  idle_child();
  ready();
  return 0;
}
