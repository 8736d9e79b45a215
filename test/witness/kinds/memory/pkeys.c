#include "witness.h"
int main(void) {
  int key = pkey_alloc(0, 0);
  if (key < 0) lacking("pkey_alloc: %s", strerror(errno));
  char *memory = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  must(memory != MAP_FAILED && !pkey_mprotect(memory, 4096, PROT_READ | PROT_WRITE, key));
  ready();
  same("rights of the key", pkey_get(key), 0);
  check(pkey_free(key) == 0, "the key is not allocated any more");
  return 0;
}
