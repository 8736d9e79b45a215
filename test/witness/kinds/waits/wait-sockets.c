#include "witness.h"
#include <sys/socket.h>

/* accept(), recv(), and recv() with SO_RCVTIMEO, which may end with EINTR when its process was stopped: signal(7). */
int main(void) {
  static const char *const names[] = {"accept", "recv", "recv with a time-out"};
  struct tcp pair = tcp_pair(), timed = tcp_pair(), listening = tcp_pair();
  struct timeval patience = {600, 0};
  pid_t pid[3];
  int status;
  must(!setsockopt(timed.server, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience));
  for (int i = 0; i < 3; i++) {
    pid[i] = fork();
    if (pid[i]) continue;
    char text;
    int result = i == 0 ? accept(listening.listener, NULL, NULL) : recv(i == 1 ? pair.server : timed.server, &text, 1, 0);
    _exit(result >= 0 || (i == 2 && errno == EINTR) ? 0 : errno);
  }
  sleep_ms(50);
  ready();
  sleep_ms(50);
  for (int i = 0; i < 2; i++) same(names[i], waitpid(pid[i], &status, WNOHANG), 0);
  must(write(pair.client, "x", 1) == 1 && write(timed.client, "x", 1) == 1);
  for (int i = 1; i < 3; i++) {
    if (waitpid(pid[i], &status, 0) != pid[i]) continue;
    check(!WEXITSTATUS(status), "%s ended with %s", names[i], strerror(WEXITSTATUS(status)));
  }
  return 0;
}
