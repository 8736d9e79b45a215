#include "witness.h"
#include <linux/perf_event.h>

int main(void) {
  struct perf_event_attr attributes = {.type = PERF_TYPE_SOFTWARE, .size = sizeof attributes,
    .config = PERF_COUNT_SW_CONTEXT_SWITCHES, .exclude_kernel = 1, .exclude_hv = 1};
  int file = syscall(SYS_perf_event_open, &attributes, 0, -1, -1, 0);
  if (file < 0) lacking("perf_event_open: %s", strerror(errno));
  ready();
  return 0;
}
