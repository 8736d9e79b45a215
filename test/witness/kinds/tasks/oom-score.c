#include "witness.h"
int main(void) {
  spill("/proc/self/oom_score_adj", "321");
  spill("/proc/self/coredump_filter", "0x7");
  ready();
  same("oom_score_adj", atoi(slurp("/proc/self/oom_score_adj")), 321);
  same("coredump_filter", strtol(slurp("/proc/self/coredump_filter"), NULL, 16), 7);
  return 0;
}
