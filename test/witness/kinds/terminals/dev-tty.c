#include "witness.h"
#include <pty.h>

/* /dev/tty, held open by a process of the session. */
int main(void) {
  int master;
  pid_t pid = forkpty(&master, NULL, NULL, NULL);
  must(pid >= 0);
  if (!pid) {
    int own = open("/dev/tty", O_RDWR);
    char text[16];
    ssize_t length = read(own, text, 16);
    _exit(length == 5 && write(own, "heard\n", 6) == 6 ? 7 : 1);
  }
  sleep_ms(100);
  ready();
  int status;
  must(write(master, "line\n", 5) == 5 && waitpid(pid, &status, 0) == pid);
  same("what the process did", WEXITSTATUS(status), 7);
  return 0;
}
