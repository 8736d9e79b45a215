#include "witness.h"
#include <sys/epoll.h>
#include <sys/eventfd.h>

int main(void) {
  int set = epoll_create1(0), due = eventfd(1, 0), quiet = eventfd(0, 0);
  struct epoll_event event = {.events = EPOLLIN, .data.u64 = 0x1234567890abcdef};
  must(!epoll_ctl(set, EPOLL_CTL_ADD, due, &event));
  event.data.u64 = 7;
  must(!epoll_ctl(set, EPOLL_CTL_ADD, quiet, &event));
  ready();
  struct epoll_event seen[4];
  for (int i = 0; i < 2; i++) {
    same("events", epoll_wait(set, seen, 4, 0), 1);
    check(seen[0].data.u64 == 0x1234567890abcdef, "its data");
  }
  uint64_t one = 1;
  must(write(quiet, &one, 8) == 8);
  same("events of both", epoll_wait(set, seen, 4, 0), 2);
  return 0;
}
