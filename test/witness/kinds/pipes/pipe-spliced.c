#include "witness.h"
#include <sys/uio.h>

/* Pages of a file and of memory in a pipe (splice, vmsplice, tee). */
int main(void) {
  int ends[2], copy[2];
  static char gift[4096] __attribute__((aligned(4096)));
  must(!pipe(ends) && !pipe(copy));
  spill("/tmp/pipe-spliced", "of a file");
  int file = open("/tmp/pipe-spliced", O_RDONLY);
  must(splice(file, NULL, ends[1], NULL, 9, 0) == 9);
  fill(gift, 4096, 6);
  struct iovec vector = {gift, 4096};
  must(vmsplice(ends[1], &vector, 1, 0) == 4096 && tee(ends[0], copy[1], 5000, 0) == 4105);
  ready();
  for (int i = 0; i < 2; i++) {
    char text[4105];
    for (int length = 0; length < 4105;) {
      ssize_t more = read(i ? copy[0] : ends[0], text + length, 4105 - length);
      must(more > 0);
      length += more;
    }
    check(!memcmp(text, "of a file", 9), "the file's, in %s", i ? "the copy" : "the pipe");
    check(filled(text + 9, 4096, 6), "the memory's, in %s", i ? "the copy" : "the pipe");
  }
  return 0;
}
