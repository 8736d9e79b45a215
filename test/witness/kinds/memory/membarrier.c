#include "witness.h"
#include <linux/membarrier.h>

int main(void) {
  if (syscall(SYS_membarrier, MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED, 0, 0)) lacking("membarrier: %s", strerror(errno));
  ready();
  check(!syscall(SYS_membarrier, MEMBARRIER_CMD_PRIVATE_EXPEDITED, 0, 0), "its registration is gone");
  return 0;
}
