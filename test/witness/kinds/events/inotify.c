#include "witness.h"
#include <sys/inotify.h>

int main(void) {
  must(!mkdir("/tmp/inotify", 0755));
  spill("/tmp/inotify/file", "x");
  int watch = inotify_init1(IN_NONBLOCK);
  int of_directory = inotify_add_watch(watch, "/tmp/inotify", IN_CREATE);
  int of_file = inotify_add_watch(watch, "/tmp/inotify/file", IN_MODIFY);
  must(of_directory > 0 && of_file > 0);
  ready();
  char events[4096];
  check(read(watch, events, sizeof events) < 0 && errno == EAGAIN, "an event of what nobody did");
  spill("/tmp/inotify/new", "x");
  struct inotify_event *event = (void *)events;
  must(read(watch, events, sizeof events) > 0);
  same("watch of the directory", event->wd, of_directory);
  same_text("name", event->name, "new");
  int file = open("/tmp/inotify/file", O_WRONLY);
  must(write(file, "y", 1) == 1);
  must(read(watch, events, sizeof events) > 0);
  same("watch of the file", event->wd, of_file);
  same("what", event->mask, IN_MODIFY);
  return 0;
}
