#include "witness.h"
#include <sys/file.h>

static int tried(int how, const char *path) {
  int status;
  pid_t pid = fork();
  if (!pid) {
    struct flock all = {.l_type = F_WRLCK};
    int file = open(path, O_RDWR);
    int got = how == 0 ? flock(file, LOCK_EX | LOCK_NB) : fcntl(file, how == 1 ? F_SETLK : F_OFD_SETLK, &all);
    _exit(got ? 0 : 9);
  }
  must(waitpid(pid, &status, 0) == pid);
  return WEXITSTATUS(status);
}

/* flock, POSIX and OFD locks; another's lock that a process waits for. */
int main(void) {
  static const char *const paths[] = {"/tmp/locks-flock", "/tmp/locks-posix", "/tmp/locks-ofd"};
  static const char *const names[] = {"flock", "POSIX", "OFD"};
  int file[3];
  for (int i = 0; i < 3; i++) {
    struct flock part = {.l_type = F_WRLCK, .l_start = 0, .l_len = 10};
    must((file[i] = open(paths[i], O_RDWR | O_CREAT, 0600)) >= 0);
    if (i == 0) must(!flock(file[i], LOCK_EX));
    if (i == 1) must(!fcntl(file[i], F_SETLK, &part));
    if (i == 2) must(!fcntl(file[i], F_OFD_SETLK, &part));
  }
  pid_t waits = fork();
  if (!waits) {
    int again = open(paths[0], O_RDWR);
    while (flock(again, LOCK_EX)) continue;
    _exit(7);
  }
  sleep_ms(30);
  ready();
  for (int i = 0; i < 3; i++) same(names[i], tried(i, paths[i]), 0);
  int status;
  same("end of who waits", waitpid(waits, &status, WNOHANG), 0);
  must(!flock(file[0], LOCK_UN) && waitpid(waits, &status, 0) == waits);
  same("what who waits did", WEXITSTATUS(status), 7);
  return 0;
}
