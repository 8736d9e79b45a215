#include "witness.h"
/* /proc/self/fd and task, open as directories. */
int main(void) {
  int descriptors = open("/proc/self/fd", O_RDONLY | O_DIRECTORY), tasks = open("/proc/self/task", O_RDONLY | O_DIRECTORY);
  must(descriptors >= 0 && tasks >= 0);
  ready();
  char name[16];
  snprintf(name, sizeof name, "%d", descriptors);
  check(!faccessat(descriptors, name, F_OK, AT_SYMLINK_NOFOLLOW), "/proc/self/fd does not show itself");
  snprintf(name, sizeof name, "%d", getpid());
  check(!faccessat(tasks, name, F_OK, 0), "/proc/self/task is another's");
  return 0;
}
