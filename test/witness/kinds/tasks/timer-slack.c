#include "witness.h"
#include <sys/prctl.h>

int main(void) {
  must(!prctl(PR_SET_TIMERSLACK, 123456));
  ready();
  same("PR_GET_TIMERSLACK", prctl(PR_GET_TIMERSLACK), 123456);
  return 0;
}
