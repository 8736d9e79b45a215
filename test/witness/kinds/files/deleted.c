#include "witness.h"
/* A deleted file, its content and its offset; a deleted directory that a process stands in. */
int main(void) {
  static char data[50000], back[50000];
  struct stat about;
  int file = open("/tmp/deleted", O_RDWR | O_CREAT, 0640);
  fill(data, sizeof data, 1);
  must(write(file, data, sizeof data) == sizeof data && lseek(file, 123, SEEK_SET) == 123 && !unlink("/tmp/deleted"));
  must(!mkdir("/tmp/deleted-directory", 0700));
  int directory = open("/tmp/deleted-directory", O_RDONLY);
  must(directory >= 0 && !rmdir("/tmp/deleted-directory"));
  ready();
  same("offset", lseek(file, 0, SEEK_CUR), 123);
  must(pread(file, back, sizeof back, 0) == sizeof back && !fstat(file, &about));
  check(!memcmp(data, back, sizeof data), "its content");
  same("links", about.st_nlink, 0);
  same("mode", about.st_mode & 07777, 0640);
  check(access("/tmp/deleted", F_OK), "it is there again");
  must(!fstat(directory, &about));
  same("a directory", S_ISDIR(about.st_mode), 1);
  check(access("/tmp/deleted-directory", F_OK), "the directory is there again");
  return 0;
}
