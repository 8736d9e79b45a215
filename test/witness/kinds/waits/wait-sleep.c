#include "witness.h"
/* nanosleep(): as long as was asked for, or with the rest of it where it was interrupted. */
int main(void) {
  int status, ends[2];
  must(!pipe(ends));
  pid_t pid = fork();
  if (!pid) {
    struct timespec time = {600, 0}, rest = {-1, 0};
    int result = nanosleep(&time, &rest);
    _exit(!result ? 1 : errno != EINTR ? 2 : rest.tv_sec < 500 || rest.tv_sec > 600 ? 3 : 7);
  }
  sleep_ms(30);
  ready();
  sleep_ms(100);
  pid_t ended = waitpid(pid, &status, WNOHANG);
  check(ended == 0 || WEXITSTATUS(status) == 7, "it woke with result %d", WEXITSTATUS(status));
  return 0;
}
