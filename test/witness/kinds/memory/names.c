#include "witness.h"
#include <sys/prctl.h>
#ifndef PR_SET_VMA
#define PR_SET_VMA 0x53564d41
#define PR_SET_VMA_ANON_NAME 0
#endif

/* The name of nameless memory, as /proc/self/maps shows it. */
int main(void) {
  char *memory = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  must(memory != MAP_FAILED);
  memory[0] = 1;
  if (prctl(PR_SET_VMA, PR_SET_VMA_ANON_NAME, memory, 4096, "witness")) lacking("PR_SET_VMA_ANON_NAME: %s", strerror(errno));
  ready();
  check(strstr(slurp("/proc/self/maps"), "[anon:witness]") != NULL, "the name is gone");
  return 0;
}
