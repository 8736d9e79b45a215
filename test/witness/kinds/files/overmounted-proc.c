#include "witness.h"
#include <sys/mount.h>

/* A file of /proc, over which something was mounted since. */
int main(void) {
  int file = open("/proc/uptime", O_RDONLY);
  spill("/tmp/overmounted-proc", "over");
  must(file >= 0);
  if (mount("/tmp/overmounted-proc", "/proc/uptime", NULL, MS_BIND, NULL)) lacking("the mount: %s", strerror(errno));
  ready();
  must(!umount("/proc/uptime"));
  return 0;
}
