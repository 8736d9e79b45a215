#include "witness.h"
#include <sys/inotify.h>

/* Events that came before the move and were not read. */
int main(void) {
  must(!mkdir("/tmp/inotify-queued", 0755));
  int watch = inotify_init1(IN_NONBLOCK);
  must(inotify_add_watch(watch, "/tmp/inotify-queued", IN_CREATE) > 0);
  spill("/tmp/inotify-queued/a", "x");
  spill("/tmp/inotify-queued/b", "x");
  ready();
  char events[4096];
  ssize_t length = read(watch, events, sizeof events);
  check(length > 0, "what was queued is gone");
  struct inotify_event *event = (void *)events;
  if (length > 0) same_text("the first", event->name, "a");
  return 0;
}
