#include "witness.h"
#include <pty.h>
#include <termios.h>

/* What was typed and what was shown, and neither read yet. */
int main(void) {
  int master, end;
  struct termios mode;
  must(!openpty(&master, &end, NULL, NULL, NULL) && !tcgetattr(end, &mode));
  cfmakeraw(&mode);
  must(!tcsetattr(end, TCSANOW, &mode));
  must(write(master, "typed", 5) == 5 && write(end, "shown", 5) == 5);
  sleep_ms(50);
  fcntl(master, F_SETFL, O_NONBLOCK);
  fcntl(end, F_SETFL, O_NONBLOCK);
  ready();
  char text[16] = "", other[16] = "";
  same("bytes that were typed", read(end, text, 15), 5);
  same("bytes that were shown", read(master, other, 15), 5);
  same_text("what was typed", text, "typed");
  same_text("what was shown", other, "shown");
  return 0;
}
