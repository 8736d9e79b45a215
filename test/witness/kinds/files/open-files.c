#include "witness.h"
#ifndef O_DIRECT
#define O_DIRECT 040000
#endif

/* Flags, offsets, high numbers, close on exec, and one open file behind two descriptors. */
int main(void) {
  spill("/tmp/open-files", "0123456789");
  static const int flags[] = {O_RDONLY, O_WRONLY | O_APPEND, O_RDWR | O_SYNC, O_RDONLY | O_NOATIME, O_RDONLY | O_PATH, O_RDWR | O_NONBLOCK};
  enum { COUNT = sizeof flags / sizeof *flags };
  int file[COUNT], shown[COUNT];
  for (int i = 0; i < COUNT; i++) {
    must((file[i] = open("/tmp/open-files", flags[i] | O_CLOEXEC)) >= 0);
    must((shown[i] = fcntl(file[i], F_GETFL)) >= 0);
  }
  int high = fcntl(file[0], F_DUPFD, 900), same_file = dup(file[0]);
  must(high >= 900 && lseek(file[0], 4, SEEK_SET) == 4);
  pid_t pid = fork();
  if (!pid)
    for (;;) pause();
  ready();
  for (int i = 0; i < COUNT; i++) {
    same("flags", fcntl(file[i], F_GETFL), shown[i]);
    same("close on exec", fcntl(file[i], F_GETFD), FD_CLOEXEC);
  }
  same("offset", lseek(high, 0, SEEK_CUR), 4);
  same("close on exec of the high one", fcntl(high, F_GETFD), 0);
  must(lseek(same_file, 7, SEEK_SET) == 7);
  same("offset through the other descriptor", lseek(file[0], 0, SEEK_CUR), 7);
  same("the same open file in another process", syscall(SYS_kcmp, getpid(), pid, 0, file[0], file[0]), 0);
  same("open files are different", syscall(SYS_kcmp, getpid(), pid, 0, file[0], file[1]) != 0, 1);
  must(write(file[1], "a", 1) == 1);
  struct stat about;
  must(!stat("/tmp/open-files", &about));
  same("length when one byte was appended", about.st_size, 11);
  return 0;
}
