#include "witness.h"
/* A process that waits in read() goes on waiting, and gets what comes. */
int main(void) {
  int ends[2];
  must(!pipe(ends));
  pid_t pid = fork();
  if (!pid) {
    char text[8];
    _exit(read(ends[0], text, 8) == 4 ? 7 : 1);
  }
  sleep_ms(20);
  ready();
  int status;
  same("end of the reader", waitpid(pid, &status, WNOHANG), 0);
  must(write(ends[1], "come", 4) == 4 && waitpid(pid, &status, 0) == pid);
  same("what the reader did", WEXITSTATUS(status), 7);
  return 0;
}
