#include "witness.h"
#include <setjmp.h>
#ifndef MADV_GUARD_INSTALL
#define MADV_GUARD_INSTALL 102
#endif

static sigjmp_buf back;
static void on_fault(int number) { (void)number; siglongjmp(back, 1); }

/* A page that faults inside a mapping (kernels from 6.13 on, glibc from 2.42 on for the stacks of threads). */
int main(void) {
  char *memory = mmap(NULL, 3 * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  must(memory != MAP_FAILED);
  memory[0] = memory[8192] = 1;
  if (madvise(memory + 4096, 4096, MADV_GUARD_INSTALL)) lacking("MADV_GUARD_INSTALL: %s", strerror(errno));
  signal(SIGSEGV, on_fault);
  ready();
  same("what is behind it", memory[8192], 1);
  if (sigsetjmp(back, 1)) return 0;
  memory[4096] = 1;
  differs("the guard is gone");
  return 0;
}
