#include "witness.h"
#include <sys/epoll.h>
#include <sys/eventfd.h>

/* An edge that nobody has seen is seen afterwards, and each new one. */
int main(void) {
  int set = epoll_create1(0), file = eventfd(0, EFD_NONBLOCK);
  struct epoll_event event = {.events = EPOLLIN | EPOLLET, .data.u32 = 5}, seen;
  uint64_t one = 1;
  must(!epoll_ctl(set, EPOLL_CTL_ADD, file, &event));
  must(write(file, &one, 8) == 8);
  ready();
  same("the edge", epoll_wait(set, &seen, 1, 0), 1);
  same("the edge again", epoll_wait(set, &seen, 1, 0), 0);
  must(write(file, &one, 8) == 8);
  same("a new edge", epoll_wait(set, &seen, 1, 0), 1);
  same("its data", seen.data.u32, 5);
  return 0;
}
