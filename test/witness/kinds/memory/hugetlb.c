#include "witness.h"
int main(void) {
  char *memory = mmap(NULL, 2 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_HUGETLB, -1, 0);
  if (memory == MAP_FAILED) lacking("a huge page: %s", strerror(errno));
  memory[0] = 1;
  ready();
  same("its content", memory[0], 1);
  return 0;
}
