#include "witness.h"
#include <linux/fs.h>
#include <sys/ioctl.h>

/* Flags of a file: it may only be appended to, or not be changed at all. */
int main(void) {
  spill("/tmp/immutable", "x");
  int file = open("/tmp/immutable", O_RDONLY), flags = 0;
  must(file >= 0);
  if (ioctl(file, FS_IOC_GETFLAGS, &flags)) lacking("FS_IOC_GETFLAGS: %s", strerror(errno));
  flags |= FS_NODUMP_FL;
  bool nodump = !ioctl(file, FS_IOC_SETFLAGS, &flags);
  flags |= FS_IMMUTABLE_FL;
  bool immutable = !ioctl(file, FS_IOC_SETFLAGS, &flags);
  if (!nodump && !immutable) lacking("FS_IOC_SETFLAGS: %s", strerror(errno));
  ready();
  int now = 0;
  must(!ioctl(file, FS_IOC_GETFLAGS, &now));
  if (immutable) same("FS_IMMUTABLE_FL", now & FS_IMMUTABLE_FL, FS_IMMUTABLE_FL);
  if (nodump) same("FS_NODUMP_FL", now & FS_NODUMP_FL, FS_NODUMP_FL);
  return 0;
}
