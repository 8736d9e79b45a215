#include "witness.h"
#include <linux/prctl.h>
#include <sys/prctl.h>

/* Speculation that a process has switched off for itself. */
int main(void) {
  if (prctl(PR_SET_SPECULATION_CTRL, PR_SPEC_STORE_BYPASS, PR_SPEC_DISABLE, 0, 0)) lacking("PR_SET_SPECULATION_CTRL: %s", strerror(errno));
  int before = prctl(PR_GET_SPECULATION_CTRL, PR_SPEC_STORE_BYPASS, 0, 0, 0);
  ready();
  same("PR_GET_SPECULATION_CTRL", prctl(PR_GET_SPECULATION_CTRL, PR_SPEC_STORE_BYPASS, 0, 0, 0), before);
  return 0;
}
