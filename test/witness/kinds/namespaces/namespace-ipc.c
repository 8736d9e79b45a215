#include "witness.h"
#include <sched.h>

/* A process in a ipc namespace of its own. */
int main(void) {
  if (unshare(CLONE_NEWIPC)) lacking("unshare: %s", strerror(errno));
  idle_child();
  ready();
  return 0;
}
