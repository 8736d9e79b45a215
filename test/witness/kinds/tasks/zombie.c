#include "witness.h"
/* One that ended with a status, one that was killed, and what they used. */
int main(void) {
  pid_t ended = fork();
  if (!ended) _exit(37);
  pid_t killed = idle_child();
  must(!kill(killed, SIGTERM));
  sleep_ms(30);
  ready();
  int status = 0;
  same("who ended", waitpid(ended, &status, WNOHANG), ended);
  same("its status", WEXITSTATUS(status), 37);
  same("who was killed", waitpid(killed, &status, WNOHANG), killed);
  same("by", WIFSIGNALED(status) ? WTERMSIG(status) : 0, SIGTERM);
  return 0;
}
