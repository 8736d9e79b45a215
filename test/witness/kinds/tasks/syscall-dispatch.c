#include "witness.h"
#include <linux/prctl.h>
#include <sys/prctl.h>

static volatile char selector;
static volatile int caught;
static void on_call(int number) { (void)number; selector = 0; caught++; }

/* Calls that a process catches itself (Wine): PR_SET_SYSCALL_USER_DISPATCH. */
int main(void) {
  signal(SIGSYS, on_call);
  if (prctl(PR_SET_SYSCALL_USER_DISPATCH, PR_SYS_DISPATCH_ON, 0, 0, &selector)) lacking("it: %s", strerror(errno));
  ready();
  selector = 1;
  syscall(SYS_getppid);
  selector = 0;
  same("calls that were caught", caught, 1);
  return 0;
}
