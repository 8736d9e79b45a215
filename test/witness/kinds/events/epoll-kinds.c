#include "witness.h"
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/timerfd.h>

enum { EVENT, SIGNAL, TIMER, PIPE, SOCKET, WATCH, PROCESS, KINDS };
static const char *const names[] = {"eventfd", "signalfd", "timerfd", "pipe", "socket", "inotify", "pidfd"};

/* One set with a file of each kind: each is silent before, and each is heard. */
int main(void) {
  int set = epoll_create1(0), file[KINDS], ends[2], pair[2];
  sigset_t mask;
  sigemptyset(&mask);
  sigaddset(&mask, SIGUSR2);
  must(!sigprocmask(SIG_BLOCK, &mask, NULL) && !pipe(ends) && !socketpair(AF_UNIX, SOCK_STREAM, 0, pair));
  pid_t pid = idle_child();
  file[EVENT] = eventfd(0, 0);
  file[SIGNAL] = signalfd(-1, &mask, 0);
  file[TIMER] = timerfd_create(CLOCK_MONOTONIC, 0);
  file[PIPE] = ends[0];
  file[SOCKET] = pair[0];
  file[WATCH] = inotify_init();
  file[PROCESS] = syscall(SYS_pidfd_open, pid, 0);
  spill("/tmp/epoll-kinds", "x");
  must(inotify_add_watch(file[WATCH], "/tmp/epoll-kinds", IN_MODIFY) >= 0);
  for (int i = 0; i < KINDS; i++) {
    struct epoll_event event = {.events = EPOLLIN, .data.u32 = i};
    must(!epoll_ctl(set, EPOLL_CTL_ADD, file[i], &event));
  }
  ready();
  struct epoll_event seen[KINDS];
  same("events before", epoll_wait(set, seen, KINDS, 0), 0);
  struct itimerspec soon = {.it_value.tv_nsec = 1};
  uint64_t one = 1;
  must(write(file[EVENT], &one, 8) == 8 && write(ends[1], "x", 1) == 1 && write(pair[1], "x", 1) == 1);
  must(!kill(getpid(), SIGUSR2) && !timerfd_settime(file[TIMER], 0, &soon, NULL) && !kill(pid, SIGKILL));
  spill("/tmp/epoll-kinds", "y");
  for (int i = 0; i < KINDS; i++) comes(names[i], file[i], POLLIN);
  int count = epoll_wait(set, seen, KINDS, 0), heard = 0;
  for (int i = 0; i < count; i++) heard |= 1 << seen[i].data.u32;
  for (int i = 0; i < KINDS; i++) check(heard & 1 << i, "the set does not hear of the %s", names[i]);
  return 0;
}
