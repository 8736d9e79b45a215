#include "witness.h"
#include <pty.h>
#include <termios.h>

/* Raw mode, speed and special characters. */
int main(void) {
  int master, end;
  struct termios mode, now;
  must(!openpty(&master, &end, NULL, NULL, NULL) && !tcgetattr(end, &mode));
  cfmakeraw(&mode);
  cfsetspeed(&mode, B9600);
  mode.c_cc[VMIN] = 3;
  mode.c_cc[VTIME] = 2;
  must(!tcsetattr(end, TCSANOW, &mode));
  ready();
  must(!tcgetattr(end, &now));
  same("input flags", now.c_iflag, mode.c_iflag);
  same("output flags", now.c_oflag, mode.c_oflag);
  same("local flags", now.c_lflag, mode.c_lflag);
  same("speed", cfgetospeed(&now), B9600);
  same("VMIN", now.c_cc[VMIN], 3);
  char text[8];
  must(write(master, "a\003b", 3) == 3);
  same("what is read", read(end, text, 8), 3);
  must(write(end, "x\n", 2) == 2);
  same("what is written", read(master, text, 8), 2);
  return 0;
}
