#include "witness.h"
#include <sched.h>

/* A process in a pid namespace of its own. */
int main(void) {
  if (unshare(CLONE_NEWPID)) lacking("unshare: %s", strerror(errno));
  idle_child();
  ready();
  return 0;
}
