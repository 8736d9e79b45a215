#include "witness.h"
#include <sched.h>

/* A process that sees its own cgroup as the root. */
int main(void) {
  if (unshare(CLONE_NEWCGROUP)) lacking("unshare: %s", strerror(errno));
  char *before = slurp("/proc/self/cgroup");
  ready();
  same_text("its cgroups", slurp("/proc/self/cgroup"), before);
  return 0;
}
