#include "witness.h"
int main(void) {
  int ends[2], small[2];
  must(!pipe2(ends, O_NONBLOCK) && !pipe(small));
  int size = fcntl(ends[1], F_SETPIPE_SZ, 262144), little = fcntl(small[1], F_SETPIPE_SZ, 4096);
  must(size > 0 && little > 0);
  char *data = malloc(size);
  fill(data, size, 3);
  must(write(ends[1], data, 200000) == 200000);
  ready();
  same("size", fcntl(ends[1], F_GETPIPE_SZ), size);
  same("size of the small one", fcntl(small[1], F_GETPIPE_SZ), little);
  char *back = malloc(size);
  for (int length = 0; length < 200000;) {
    ssize_t more = read(ends[0], back + length, size - length);
    must(more > 0);
    length += more;
  }
  check(!memcmp(back, data, 200000), "its content");
  return 0;
}
