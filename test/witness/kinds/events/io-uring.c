#include "witness.h"
#include <linux/io_uring.h>

int main(void) {
  struct io_uring_params parameters = {0};
  int ring = syscall(SYS_io_uring_setup, 8, &parameters);
  if (ring < 0) lacking("io_uring_setup: %s", strerror(errno));
  ready();
  return 0;
}
