#include "witness.h"
/* MCL_FUTURE: what is mapped from now on is locked too. */
int main(void) {
  if (mlockall(MCL_FUTURE)) lacking("mlockall: %s", strerror(errno));
  must(mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) != MAP_FAILED); /* shows from outside */
  ready();
  long before = atol(field("/proc/self/status", "VmLck"));
  char *memory = mmap(NULL, 65536, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) return 0; /* it would be locked, and there is a limit */
  check(atol(field("/proc/self/status", "VmLck")) > before, "new memory is not locked any more");
  return 0;
}
