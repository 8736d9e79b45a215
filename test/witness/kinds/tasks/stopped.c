#include "witness.h"
/* Stopped; the parent has been told, or not yet. */
int main(void) {
  pid_t told = idle_child(), untold = idle_child();
  int status;
  must(!kill(told, SIGSTOP) && !kill(untold, SIGSTOP) && waitpid(told, &status, WUNTRACED) == told);
  sleep_ms(30);
  ready();
  char path[64];
  snprintf(path, sizeof path, "/proc/%d/status", told);
  same("state", field(path, "State")[0], 'T');
  snprintf(path, sizeof path, "/proc/%d/status", untold);
  same("state of the other", field(path, "State")[0], 'T');
  must(!kill(told, SIGCONT));
  for (int i = 0; i < 200 && waitpid(told, &status, WCONTINUED | WNOHANG) == 0; i++) sleep_ms(10);
  check(WIFCONTINUED(status), "it does not go on");
  must(!kill(told, SIGTERM) && waitpid(told, &status, 0) == told);
  return 0;
}
