#include "witness.h"
#include <sched.h>
#include <sys/mount.h>

/* A process with mounts of its own that holds /dev/ptmx. */
int main(void) {
  must(!unshare(CLONE_NEWNS) && !mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL));
  int master = open("/dev/ptmx", O_RDWR | O_NOCTTY);
  must(master >= 0 && !unlockpt(master));
  int end = open(ptsname(master), O_RDWR | O_NOCTTY);
  must(end >= 0);
  ready();
  char text[8];
  must(write(end, "x", 1) == 1 && read(master, text, 8) == 1);
  return 0;
}
