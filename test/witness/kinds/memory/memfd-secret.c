#include "witness.h"
#ifndef SYS_memfd_secret
#define SYS_memfd_secret 447
#endif

int main(void) {
  int file = syscall(SYS_memfd_secret, 0);
  if (file < 0) lacking("memfd_secret: %s", strerror(errno));
  must(!ftruncate(file, 4096));
  char *memory = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
  if (memory == MAP_FAILED) lacking("its mapping: %s", strerror(errno));
  memory[0] = 's';
  ready();
  same("its content", memory[0], 's');
  return 0;
}
