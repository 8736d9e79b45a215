#include "witness.h"
#include <pty.h>
#include <sys/ioctl.h>

/* Packet mode, and a terminal that is opened by nobody yet. */
int main(void) {
  int master, end, on = 1, packets = 0;
  must(!openpty(&master, &end, NULL, NULL, NULL) && !ioctl(master, TIOCPKT, &on));
  int alone = posix_openpt(O_RDWR | O_NOCTTY);
  must(alone >= 0 && !grantpt(alone) && !unlockpt(alone));
  char *path = strdup(ptsname(alone));
  ready();
  must(!ioctl(master, TIOCGPKT, &packets));
  same("packet mode", packets, 1);
  char text[8];
  must(write(end, "x", 1) == 1 && read(master, text, 8) == 2);
  same("its first byte", text[0], TIOCPKT_DATA);
  same_text("the other's name", ptsname(alone), path);
  int other = open(path, O_RDWR | O_NOCTTY);
  must(other >= 0 && write(other, "y", 1) == 1 && read(alone, text, 8) == 1);
  return 0;
}
