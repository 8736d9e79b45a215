#include "witness.h"
/* Files of /proc and /sys, half read or not; of a process that has ended. */
int main(void) {
  static const char *const paths[] = {"/proc/self/status", "/proc/meminfo", "/proc/1/stat", "/proc/sys/kernel/hostname",
    "/proc/self/maps", "/proc/mounts", "/proc/self/mountinfo", "/sys/class/net/lo/mtu", "/proc/self/cgroup", "/proc/uptime"};
  enum { COUNT = sizeof paths / sizeof *paths };
  int file[COUNT];
  char text[4096], path[64];
  for (int i = 0; i < COUNT; i++) {
    file[i] = open(paths[i], O_RDONLY);
    must(file[i] >= 0 && read(file[i], text, 4) > 0);
  }
  pid_t pid = idle_child();
  snprintf(path, sizeof path, "/proc/%d/status", pid);
  int gone = open(path, O_RDONLY);
  must(gone >= 0 && !kill(pid, SIGKILL) && waitpid(pid, NULL, 0) == pid);
  ready();
  for (int i = 0; i < COUNT; i++) {
    check(lseek(file[i], 0, SEEK_SET) == 0 && read(file[i], text, sizeof text) > 0, "%s is empty: %s", paths[i], strerror(errno));
  }
  check(pread(gone, text, sizeof text, 0) <= 0, "of a process that is gone there is a status");
  return 0;
}
