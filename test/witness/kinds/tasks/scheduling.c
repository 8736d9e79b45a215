#include "witness.h"
#include <sched.h>
#include <sys/resource.h>

/* nice, and the policies that need no privilege. */
int main(void) {
  pid_t batch = idle_child(), idle = idle_child();
  struct sched_param none = {0};
  must(!setpriority(PRIO_PROCESS, 0, 7) && !sched_setscheduler(batch, SCHED_BATCH, &none));
  must(!sched_setscheduler(idle, SCHED_IDLE, &none) && !setpriority(PRIO_PROCESS, batch, 12));
  ready();
  same("nice", getpriority(PRIO_PROCESS, 0), 7);
  same("SCHED_BATCH", sched_getscheduler(batch), SCHED_BATCH);
  same("SCHED_IDLE", sched_getscheduler(idle), SCHED_IDLE);
  same("nice of the batch", getpriority(PRIO_PROCESS, batch), 12);
  return 0;
}
