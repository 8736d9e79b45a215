#include "witness.h"
#include <sys/mount.h>

/* A file in a directory over which something was mounted since. */
int main(void) {
  must(!mkdir("/tmp/overmounted", 0700));
  spill("/tmp/overmounted/file", "under");
  int file = open("/tmp/overmounted/file", O_RDONLY);
  must(file >= 0 && !mount("tmpfs", "/tmp/overmounted", "tmpfs", 0, NULL));
  ready();
  must(!umount("/tmp/overmounted"));
  return 0;
}
