#include "witness.h"
#include <sys/inotify.h>

/* Watches of files and directories that came with the image. */
int main(void) {
  static const char *const paths[] = {"/etc", "/etc/group", "/root"};
  int watch = inotify_init1(IN_NONBLOCK);
  for (int i = 0; i < 3; i++) must(inotify_add_watch(watch, paths[i], IN_CREATE | IN_ATTRIB) == i + 1);
  ready();
  char events[4096];
  check(read(watch, events, sizeof events) < 0, "an event of what nobody did");
  must(!chmod("/etc/group", 0644));
  spill("/root/watch-of-system", "x");
  spill("/etc/watch-of-system", "x");
  bool seen[4] = {0};
  ssize_t length = read(watch, events, sizeof events);
  for (ssize_t at = 0; at < length;) {
    struct inotify_event *event = (void *)(events + at);
    if (event->wd < 4) seen[event->wd] = true;
    at += sizeof *event + event->len;
  }
  for (int i = 0; i < 3; i++) check(seen[i + 1], "no event of %s", paths[i]);
  return 0;
}
