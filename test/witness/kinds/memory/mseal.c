#include "witness.h"
#ifndef SYS_mseal
#define SYS_mseal 462
#endif

/* Sealed memory: its mapping cannot be changed any more (glibc from 2.42 on seals itself where it is told to). */
int main(void) {
  char *memory = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  must(memory != MAP_FAILED);
  if (syscall(SYS_mseal, memory, 4096, 0)) lacking("mseal: %s", strerror(errno));
  ready();
  check(mprotect(memory, 4096, PROT_READ | PROT_WRITE) && errno == EPERM, "the seal is gone");
  return 0;
}
