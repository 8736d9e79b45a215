#include "witness.h"
#include <sys/mount.h>
#include <sys/statvfs.h>

/* Of a file and of a directory, one of them read-only. */
int main(void) {
  must(!mkdir("/tmp/bind-from", 0700) && !mkdir("/tmp/bind-to", 0700));
  spill("/tmp/bind-from/file", "bound");
  spill("/tmp/bind-file", "under");
  must(!mount("/tmp/bind-from", "/tmp/bind-to", NULL, MS_BIND, NULL));
  must(!mount("/tmp/bind-from/file", "/tmp/bind-file", NULL, MS_BIND, NULL));
  must(!mount(NULL, "/tmp/bind-to", NULL, MS_BIND | MS_REMOUNT | MS_RDONLY, NULL));
  ready();
  struct statvfs about;
  same_text("content of the file", slurp("/tmp/bind-file"), "bound");
  same_text("content of the directory", slurp("/tmp/bind-to/file"), "bound");
  must(!statvfs("/tmp/bind-to", &about));
  same("read-only", about.f_flag & ST_RDONLY, ST_RDONLY);
  must(!umount("/tmp/bind-file"));
  same_text("what was under it", slurp("/tmp/bind-file"), "under");
  return 0;
}
