#include "witness.h"
/* poll() with a time-out: it ends neither early nor with an error. */
int main(void) {
  int ends[2], status;
  must(!pipe(ends));
  pid_t pid = fork();
  if (!pid) {
    struct pollfd one = {.fd = ends[0], .events = POLLIN};
    int count = poll(&one, 1, 600000);
    _exit(count == 1 ? 7 : count < 0 ? errno : 99);
  }
  sleep_ms(30);
  ready();
  sleep_ms(50);
  must(write(ends[1], "x", 1) == 1 && waitpid(pid, &status, 0) == pid);
  check(WEXITSTATUS(status) == 7, "it ended with %s", WEXITSTATUS(status) == 99 ? "its time-out" : strerror(WEXITSTATUS(status)));
  return 0;
}
