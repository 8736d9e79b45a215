#include "witness.h"
#include <pty.h>
#include <sys/ioctl.h>
#include <termios.h>

/* The terminal of a session: its foreground group, which the interrupt key reaches, and its size. */
int main(void) {
  int master;
  struct winsize size = {33, 99, 0, 0}, now;
  pid_t pid = forkpty(&master, NULL, NULL, &size);
  must(pid >= 0);
  if (!pid) {
    pid_t front = fork();
    if (!front) {
      setpgid(0, 0);
      signal(SIGTTOU, SIG_IGN);
      tcsetpgrp(0, getpid());
      for (;;) pause();
    }
    int status;
    waitpid(front, &status, 0);
    _exit(WIFSIGNALED(status) && WTERMSIG(status) == SIGINT ? 7 : 1);
  }
  pid_t front;
  for (int i = 0; i < 1000 && ((front = tcgetpgrp(master)) == pid || front <= 0); i++) sleep_ms(5);
  must(front > 0 && front != pid);
  ready();
  same("foreground group", tcgetpgrp(master), front);
  same("session", tcgetsid(master), pid);
  must(!ioctl(master, TIOCGWINSZ, &now));
  same("lines", now.ws_row, 33);
  same("columns", now.ws_col, 99);
  int status;
  must(write(master, "\003", 1) == 1 && waitpid(pid, &status, 0) == pid);
  same("what the interrupt key did", WEXITSTATUS(status), 7);
  return 0;
}
