#include "witness.h"
/* A lease that somebody else has just asked for: the holder was told, and has 45 seconds. */
static volatile int told;
static void on_signal(int number) { (void)number; told++; }

int main(void) {
  spill("/tmp/lease-breaking", "x");
  int file = open("/tmp/lease-breaking", O_RDONLY);
  signal(SIGIO, on_signal);
  if (fcntl(file, F_SETLEASE, F_RDLCK)) lacking("F_SETLEASE: %s", strerror(errno));
  pid_t pid = fork();
  if (!pid) _exit(open("/tmp/lease-breaking", O_WRONLY) >= 0 ? 7 : 1);
  for (int i = 0; i < 500 && !told; i++) sleep_ms(10);
  ready();
  same("signals", told, 1);
  same("what it is to become", fcntl(file, F_GETLEASE), F_UNLCK);
  must(!fcntl(file, F_SETLEASE, F_UNLCK));
  int status;
  must(waitpid(pid, &status, 0) == pid);
  same("what the other did", WEXITSTATUS(status), 7);
  return 0;
}
