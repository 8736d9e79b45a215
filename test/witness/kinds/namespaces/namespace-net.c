#include "witness.h"
#include <sched.h>

/* A process in a net namespace of its own. */
int main(void) {
  if (unshare(CLONE_NEWNET)) lacking("unshare: %s", strerror(errno));
  idle_child();
  ready();
  return 0;
}
