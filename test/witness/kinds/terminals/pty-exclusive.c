#include "witness.h"
#include <pty.h>
#include <sys/ioctl.h>

/* TIOCEXCL: nobody else may open it (but root, so it is asked for), and it is stopped. */
int main(void) {
  int master, end, exclusive = 0;
  must(!openpty(&master, &end, NULL, NULL, NULL) && !ioctl(end, TIOCEXCL));
  ready();
  must(!ioctl(end, TIOCGEXCL, &exclusive));
  same("exclusive", exclusive, 1);
  return 0;
}
