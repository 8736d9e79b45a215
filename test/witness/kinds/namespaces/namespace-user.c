#include "witness.h"
#include <sched.h>

/* A process in a user namespace of its own. */
int main(void) {
  if (unshare(CLONE_NEWUSER)) lacking("unshare: %s", strerror(errno));
  idle_child();
  ready();
  return 0;
}
