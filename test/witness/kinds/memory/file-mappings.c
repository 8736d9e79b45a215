#include "witness.h"
/* Of a file: shared, private with pages of its own, and of one that is deleted. */
int main(void) {
  enum { LENGTH = 32768 };
  char *kept = malloc(LENGTH);
  int file = open("/tmp/file-mappings", O_RDWR | O_CREAT, 0600), gone = open("/tmp/file-mappings-2", O_RDWR | O_CREAT, 0600);
  fill(kept, LENGTH, 3);
  must(write(file, kept, LENGTH) == LENGTH && write(gone, kept, LENGTH) == LENGTH);
  char *shared = mmap(NULL, LENGTH, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
  char *own = mmap(NULL, LENGTH, PROT_READ | PROT_WRITE, MAP_PRIVATE, file, 0);
  char *deleted = mmap(NULL, LENGTH, PROT_READ | PROT_WRITE, MAP_SHARED, gone, 0);
  must(shared != MAP_FAILED && own != MAP_FAILED && deleted != MAP_FAILED && !unlink("/tmp/file-mappings-2"));
  close(gone);
  own[4096] = 'o';
  shared[0] = 's';
  ready();
  same("the private one's own page", own[4096], 'o');
  same("the file behind it", shared[4096], kept[4096]);
  same("through the other", own[0], 's');
  check(filled(deleted, LENGTH, 3), "content of the deleted one");
  shared[8192] ^= 1;
  must(pread(file, kept, LENGTH, 0) == LENGTH);
  same("the file, written through the mapping", kept[8192], shared[8192]);
  return 0;
}
