#include "witness.h"
int main(void) {
  char *memory = mmap(NULL, 16384, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  must(memory != MAP_FAILED);
  if (mlock(memory, 16384)) lacking("mlock: %s", strerror(errno));
  long locked = atol(field("/proc/self/status", "VmLck"));
  ready();
  same("KiB that are locked", atol(field("/proc/self/status", "VmLck")), locked);
  return 0;
}
