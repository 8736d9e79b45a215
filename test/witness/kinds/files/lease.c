#include "witness.h"
/* F_SETLEASE: its holder is told when somebody opens the file. */
static volatile int told;
static void on_signal(int number) { (void)number; told++; }

int main(void) {
  spill("/tmp/lease", "x");
  int file = open("/tmp/lease", O_RDONLY);
  signal(SIGIO, on_signal);
  if (fcntl(file, F_SETLEASE, F_RDLCK)) lacking("F_SETLEASE: %s", strerror(errno));
  ready();
  same("signals before", told, 0);
  same("the lease", fcntl(file, F_GETLEASE), F_RDLCK);
  pid_t pid = fork();
  if (!pid) _exit(open("/tmp/lease", O_WRONLY) >= 0 ? 7 : 1);
  for (int i = 0; i < 500 && !told; i++) sleep_ms(10);
  same("signals when somebody opens it", told, 1);
  must(!fcntl(file, F_SETLEASE, F_UNLCK));
  int status;
  must(waitpid(pid, &status, 0) == pid);
  same("what the other did", WEXITSTATUS(status), 7);
  return 0;
}
