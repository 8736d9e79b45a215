#include "witness.h"
#include <sys/fanotify.h>

int main(void) {
  int group = fanotify_init(FAN_CLASS_NOTIF | FAN_REPORT_FID | FAN_NONBLOCK, O_RDONLY);
  if (group < 0) lacking("fanotify_init: %s", strerror(errno));
  must(!mkdir("/tmp/fanotify", 0700));
  if (fanotify_mark(group, FAN_MARK_ADD, FAN_CREATE | FAN_ONDIR, AT_FDCWD, "/tmp/fanotify")) lacking("fanotify_mark: %s", strerror(errno));
  ready();
  spill("/tmp/fanotify/file", "x");
  comes("an event", group, POLLIN);
  return 0;
}
