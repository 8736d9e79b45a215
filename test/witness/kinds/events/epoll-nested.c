#include "witness.h"
#include <sys/epoll.h>
#include <sys/eventfd.h>

int main(void) {
  int outer = epoll_create1(0), inner = epoll_create1(0), file = eventfd(0, 0);
  struct epoll_event event = {.events = EPOLLIN, .data.u32 = 1}, seen;
  must(!epoll_ctl(outer, EPOLL_CTL_ADD, inner, &event));
  event.data.u32 = 2;
  must(!epoll_ctl(inner, EPOLL_CTL_ADD, file, &event));
  ready();
  uint64_t one = 1;
  same("events before", epoll_wait(outer, &seen, 1, 0), 0);
  must(write(file, &one, 8) == 8);
  same("events of the outer one", epoll_wait(outer, &seen, 1, 0), 1);
  same("whose", seen.data.u32, 1);
  same("events of the inner one", epoll_wait(inner, &seen, 1, 0), 1);
  same("whose", seen.data.u32, 2);
  return 0;
}
