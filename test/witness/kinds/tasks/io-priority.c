#include "witness.h"
#include <linux/ioprio.h>

int main(void) {
  int value = IOPRIO_PRIO_VALUE(IOPRIO_CLASS_BE, 6);
  pid_t idle = idle_child();
  must(!syscall(SYS_ioprio_set, IOPRIO_WHO_PROCESS, 0, value));
  must(!syscall(SYS_ioprio_set, IOPRIO_WHO_PROCESS, idle, IOPRIO_PRIO_VALUE(IOPRIO_CLASS_IDLE, 0)));
  ready();
  same("I/O priority", syscall(SYS_ioprio_get, IOPRIO_WHO_PROCESS, 0), value);
  same("of the idle one", syscall(SYS_ioprio_get, IOPRIO_WHO_PROCESS, idle), IOPRIO_PRIO_VALUE(IOPRIO_CLASS_IDLE, 0));
  return 0;
}
