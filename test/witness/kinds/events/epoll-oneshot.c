#include "witness.h"
#include <sys/epoll.h>
#include <sys/eventfd.h>

/* One that has fired stays silent until it is armed again; one that has not fires once. */
int main(void) {
  int set = epoll_create1(0), fired = eventfd(1, 0), armed = eventfd(0, 0);
  struct epoll_event event = {.events = EPOLLIN | EPOLLONESHOT, .data.u32 = 1}, seen[4];
  uint64_t one = 1;
  must(!epoll_ctl(set, EPOLL_CTL_ADD, fired, &event) && epoll_wait(set, seen, 4, 0) == 1);
  event.data.u32 = 2;
  must(!epoll_ctl(set, EPOLL_CTL_ADD, armed, &event));
  ready();
  same("events of the fired one", epoll_wait(set, seen, 4, 0), 0);
  must(write(armed, &one, 8) == 8);
  same("events of the armed one", epoll_wait(set, seen, 4, 0), 1);
  same("whose", seen[0].data.u32, 2);
  same("events of the armed one, again", epoll_wait(set, seen, 4, 0), 0);
  event.data.u32 = 1;
  must(!epoll_ctl(set, EPOLL_CTL_MOD, fired, &event));
  same("armed again", epoll_wait(set, seen, 4, 0), 1);
  return 0;
}
