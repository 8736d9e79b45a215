#include "witness.h"
/* 300 GB apparent, 4 KiB written at 250 GB; and one with holes. */
int main(void) {
  int file = open("/tmp/sparse-giant", O_RDWR | O_CREAT, 0600), holes = open("/tmp/sparse-holes", O_RDWR | O_CREAT, 0600);
  char data[4096], back[4096];
  struct stat about;
  off_t at = 250LL << 30;
  fill(data, 4096, 3);
  must(!ftruncate(file, 300LL << 30) && pwrite(file, data, 4096, at) == 4096);
  must(pwrite(holes, data, 4096, 0) == 4096 && pwrite(holes, data, 4096, 1 << 20) == 4096);
  ready();
  must(!fstat(file, &about));
  same("length", about.st_size, 300LL << 30);
  check(about.st_blocks < 1000, "it takes %ld blocks", (long)about.st_blocks);
  must(pread(file, back, 4096, at) == 4096);
  check(!memcmp(data, back, 4096), "what was written");
  must(!stat("/tmp/sparse-holes", &about));
  check(about.st_blocks <= 32, "the holes take %ld blocks", (long)about.st_blocks);
  return 0;
}
