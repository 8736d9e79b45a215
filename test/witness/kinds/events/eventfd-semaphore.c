#include "witness.h"
#include <sys/eventfd.h>

/* EFD_SEMAPHORE: each read takes one. */
int main(void) {
  uint64_t value = 0;
  int semaphore = eventfd(3, EFD_NONBLOCK | EFD_SEMAPHORE);
  must(semaphore >= 0);
  ready();
  for (int i = 0; i < 3; i++) {
    must(read(semaphore, &value, 8) == 8);
    same("one of it", value, 1);
  }
  check(read(semaphore, &value, 8) < 0, "it has more than three");
  return 0;
}
