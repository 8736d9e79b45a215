#include "witness.h"
/* The current directory, the root and the mask of a process. */
int main(void) {
  char text[64] = "";
  must(!mkdir("/tmp/jail", 0700) && !mkdir("/tmp/jail/inside", 0700));
  spill("/tmp/jail/file", "in jail");
  pid_t pid = fork();
  if (!pid) {
    must(!chroot("/tmp/jail") && !chdir("/inside"));
    umask(0137);
    for (;;) pause();
  }
  must(!chdir("/tmp"));
  umask(0123);
  sleep_ms(30);
  ready();
  same("mask", umask(0), 0123);
  must(getcwd(text, sizeof text) != NULL);
  same_text("current directory", text, "/tmp");
  char path[64], link[64] = "";
  snprintf(path, sizeof path, "/proc/%d/root", pid);
  must(readlink(path, link, 63) > 0);
  same_text("root of the child", link, "/tmp/jail");
  snprintf(path, sizeof path, "/proc/%d/cwd", pid);
  memset(link, 0, sizeof link);
  must(readlink(path, link, 63) > 0);
  same_text("current directory of the child", link, "/tmp/jail/inside");
  snprintf(path, sizeof path, "/proc/%d/status", pid);
  same("mask of the child", strtol(field(path, "Umask"), NULL, 8), 0137);
  return 0;
}
