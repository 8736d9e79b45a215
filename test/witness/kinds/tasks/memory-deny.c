#include "witness.h"
#include <sys/prctl.h>
#ifndef PR_SET_MDWE
#define PR_SET_MDWE 65
#define PR_GET_MDWE 66
#endif

/* PR_SET_MDWE: memory that may be written may never be executed (systemd: MemoryDenyWriteExecute=). */
int main(void) {
  if (prctl(PR_SET_MDWE, 1, 0, 0, 0)) lacking("PR_SET_MDWE: %s", strerror(errno));
  ready();
  same("PR_GET_MDWE", prctl(PR_GET_MDWE, 0, 0, 0, 0), 1);
  return 0;
}
