#include "witness.h"
#include <setjmp.h>

static sigjmp_buf back;
static void on_fault(int number) { (void)number; siglongjmp(back, 1); }
static bool faults(volatile char *at, bool write) {
  if (sigsetjmp(back, 1)) return true;
  if (write) *at = 1;
  else (void)*at;
  return false;
}

/* Neither read nor written, read alone, executed; memory that grows down. */
int main(void) {
  long page = 4096;
  char *none = mmap(NULL, page, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  char *constant = mmap(NULL, page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  unsigned char *code = mmap(NULL, page, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  char *stack = mmap(NULL, page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_GROWSDOWN, -1, 0);
  must(none != MAP_FAILED && constant != MAP_FAILED && code != MAP_FAILED && stack != MAP_FAILED);
  constant[0] = 'c';
  stack[0] = 's';
  must(!mprotect(constant, page, PROT_READ));
  memcpy(code, "\xb8\x2a\x00\x00\x00\xc3", 6); /* mov eax, 42; ret */
  signal(SIGSEGV, on_fault);
  ready();
  check(faults(none, false), "what may not be read can be");
  check(faults(constant, true), "what may not be written can be");
  same("content of what may be read", constant[0], 'c');
  same("answer of the code", ((int (*)(void))code)(), 42);
  same("content of what grows down", stack[0], 's');
  return 0;
}
