#include "witness.h"
/* F_NOTIFY: signals of what happens in a directory. */
static volatile int told;
static void on_signal(int number) { (void)number; told++; }

int main(void) {
  must(!mkdir("/tmp/dnotify", 0700));
  int directory = open("/tmp/dnotify", O_RDONLY);
  signal(SIGIO, on_signal);
  if (fcntl(directory, F_NOTIFY, DN_CREATE | DN_MULTISHOT)) lacking("F_NOTIFY: %s", strerror(errno));
  ready();
  spill("/tmp/dnotify/file", "x");
  for (int i = 0; i < 50 && !told; i++) sleep_ms(10);
  check(told, "no signal comes any more");
  return 0;
}
