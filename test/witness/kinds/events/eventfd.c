#include "witness.h"
#include <sys/eventfd.h>

int main(void) {
  uint64_t value = 0;
  int counter = eventfd(41, EFD_NONBLOCK);
  must(counter >= 0);
  ready();
  must(read(counter, &value, 8) == 8);
  same("the counter", value, 41);
  check(read(counter, &value, 8) < 0 && errno == EAGAIN, "it is not emptied by a read, or blocks");
  return 0;
}
