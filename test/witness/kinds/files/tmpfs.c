#include "witness.h"
#include <sys/mount.h>
#include <sys/statvfs.h>

/* Content, links, modes, owners, size and options of a tmpfs. */
int main(void) {
  static char data[200000], back[200000];
  must(!mkdir("/tmp/tmpfs", 0700) && !mount("tmpfs", "/tmp/tmpfs", "tmpfs", MS_NOEXEC | MS_NOSUID, "size=8m,mode=0750"));
  fill(data, sizeof data, 4);
  int file = open("/tmp/tmpfs/file", O_RDWR | O_CREAT, 0640);
  must(write(file, data, sizeof data) == sizeof data && !link("/tmp/tmpfs/file", "/tmp/tmpfs/second"));
  must(!symlink("file", "/tmp/tmpfs/symbolic") && !mkdir("/tmp/tmpfs/directory", 0701) && !mkfifo("/tmp/tmpfs/fifo", 0600));
  must(!chown("/tmp/tmpfs/file", 12, 34));
  ready();
  struct stat about, second;
  struct statvfs room;
  char target[16] = "";
  must(pread(file, back, sizeof back, 0) == sizeof back && !stat("/tmp/tmpfs/file", &about) && !stat("/tmp/tmpfs/second", &second));
  check(!memcmp(data, back, sizeof data), "content");
  same("hard link", second.st_ino, about.st_ino);
  same("owner", about.st_uid * 100 + about.st_gid, 1234);
  same("mode", about.st_mode & 07777, 0640);
  must(readlink("/tmp/tmpfs/symbolic", target, 15) == 4);
  same_text("symbolic link", target, "file");
  must(!stat("/tmp/tmpfs/directory", &about));
  same("mode of the directory", about.st_mode & 07777, 0701);
  must(!statvfs("/tmp/tmpfs", &room));
  same("size", room.f_blocks * room.f_frsize, 8 << 20);
  same("noexec, nosuid", room.f_flag & (ST_NOEXEC | ST_NOSUID), ST_NOEXEC | ST_NOSUID);
  must(!stat("/tmp/tmpfs", &about));
  same("mode of its root", about.st_mode & 07777, 0750);
  return 0;
}
