#include "witness.h"
#include <sched.h>

/* A process in a uts namespace of its own. */
int main(void) {
  if (unshare(CLONE_NEWUTS)) lacking("unshare: %s", strerror(errno));
  idle_child();
  ready();
  return 0;
}
