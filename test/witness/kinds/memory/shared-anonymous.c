#include "witness.h"
/* Shared with a child: what each writes, the other sees. */
int main(void) {
  volatile char *memory = mmap(NULL, 1 << 20, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  must(memory != MAP_FAILED);
  fill((void *)memory, 65536, 1);
  pid_t pid = fork();
  if (!pid)
    for (;; sleep_ms(10))
      if (memory[70000]) memory[70001] = memory[70000] + 1;
  ready();
  check(filled((void *)memory, 65536, 1), "its content");
  memory[70000] = 7;
  for (int i = 0; i < 1000 && !memory[70001]; i++) sleep_ms(10);
  same("what the child wrote", memory[70001], 8);
  return 0;
}
