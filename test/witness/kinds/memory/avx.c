#include "witness.h"
#include <immintrin.h>

/* Wide registers, of a process that computes with them while it is moved. */
__attribute__((target("avx"))) static bool wide(volatile char *go) {
  __m256i kept = _mm256_set_epi64x(0x1111222233334444, 0x5555666677778888, 0x123456789abcdef, 0x0fedcba987654321);
  uint64_t out[4];
  __asm__ volatile("vmovdqa %0, %%ymm7" : : "x"(kept) : "xmm7");
  while (!*go) __asm__ volatile("pause");
  __asm__ volatile("vmovdqu %%ymm7, %0" : "=m"(out) : : "memory");
  return out[0] == 0x0fedcba987654321 && out[1] == 0x123456789abcdef && out[2] == 0x5555666677778888 &&
         out[3] == 0x1111222233334444;
}

int main(void) {
  if (!__builtin_cpu_supports("avx")) lacking("this processor has none");
  volatile char *shared = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  pid_t pid = fork();
  if (!pid) _exit(wide(shared) ? 0 : 1);
  ready();
  shared[0] = 1;
  int status;
  must(waitpid(pid, &status, 0) == pid);
  same("status of the process", status, 0);
  return 0;
}
