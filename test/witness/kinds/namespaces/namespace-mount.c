#include "witness.h"
#include <sched.h>
#include <sys/mount.h>

/* A process with mounts of its own, which its parent does not see. */
int main(void) {
  must(!mkdir("/tmp/namespace-mount", 0700));
  int ends[2];
  must(!pipe(ends));
  pid_t pid = fork();
  if (!pid) {
    must(!unshare(CLONE_NEWNS) && !mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL));
    must(!mount("tmpfs", "/tmp/namespace-mount", "tmpfs", 0, NULL));
    spill("/tmp/namespace-mount/file", "own");
    must(write(ends[1], "x", 1) == 1);
    for (;;) pause();
  }
  char text, path[64];
  must(read(ends[0], &text, 1) == 1);
  ready();
  snprintf(path, sizeof path, "/proc/%d/root/tmp/namespace-mount/file", pid);
  same_text("content of its mount", slurp(path), "own");
  check(access("/tmp/namespace-mount/file", F_OK), "its parent sees it");
  return 0;
}
