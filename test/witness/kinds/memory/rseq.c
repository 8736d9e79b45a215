#include "witness.h"
#include <sys/rseq.h>

/* The area that glibc registers for each thread: the kernel goes on writing the processor into it. */
int main(void) {
  if (!__rseq_size) lacking("glibc has registered none");
  struct rseq *area = (void *)((char *)__builtin_thread_pointer() + __rseq_offset);
  ready();
  unsigned processor;
  area->cpu_id = 12345;
  for (int i = 0; i < 50 && area->cpu_id == 12345; i++) sleep_ms(10);
  must(!syscall(SYS_getcpu, &processor, NULL, NULL));
  check(area->cpu_id != 12345, "the kernel does not know the area any more");
  return 0;
}
