#include "witness.h"
#include <sys/mount.h>

/* A file of a tmpfs that was unmounted while it was open. */
int main(void) {
  must(!mkdir("/tmp/detached-mount", 0700) && !mount("tmpfs", "/tmp/detached-mount", "tmpfs", 0, NULL));
  spill("/tmp/detached-mount/file", "x");
  int file = open("/tmp/detached-mount/file", O_RDONLY);
  must(file >= 0 && !umount2("/tmp/detached-mount", MNT_DETACH));
  ready();
  return 0;
}
