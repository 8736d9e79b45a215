#include "witness.h"
#include <sys/epoll.h>
#include <sys/select.h>

/* ppoll() and select() with a time-out; epoll_wait(), which may end with EINTR when its process was stopped: signal(7). */
int main(void) {
  static const char *const names[] = {"epoll_wait", "ppoll", "select"};
  int ends[2], status;
  pid_t pid[3];
  must(!pipe(ends));
  for (int i = 0; i < 3; i++) {
    pid[i] = fork();
    if (pid[i]) continue;
    struct epoll_event event = {.events = EPOLLIN};
    struct timespec long_time = {600, 0};
    struct timeval as_long = {600, 0};
    struct pollfd one = {.fd = ends[0], .events = POLLIN};
    fd_set set;
    FD_ZERO(&set);
    FD_SET(ends[0], &set);
    int epoll = epoll_create1(0), count;
    epoll_ctl(epoll, EPOLL_CTL_ADD, ends[0], &event);
    count = i == 0 ? epoll_wait(epoll, &event, 1, 600000) : i == 1 ? ppoll(&one, 1, &long_time, NULL)
                                                          : select(ends[0] + 1, &set, NULL, NULL, &as_long);
    _exit(count == 1 || (i == 0 && errno == EINTR) ? 0 : count < 0 ? errno : 99);
  }
  sleep_ms(50);
  ready();
  sleep_ms(50);
  must(write(ends[1], "x", 1) == 1);
  for (int i = 0; i < 3; i++) {
    must(waitpid(pid[i], &status, 0) == pid[i]);
    check(!WEXITSTATUS(status), "%s ended with %s", names[i], WEXITSTATUS(status) == 99 ? "its time-out" : strerror(WEXITSTATUS(status)));
  }
  return 0;
}
