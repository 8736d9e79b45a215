#include "witness.h"
/* With content, mapped shared, its offset and its seals. */
int main(void) {
  int file = memfd_create("witness", MFD_ALLOW_SEALING);
  char *memory, text[8] = "";
  must(file >= 0 && !ftruncate(file, 65536));
  must((memory = mmap(NULL, 65536, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0)) != MAP_FAILED);
  fill(memory, 65536, 4);
  must(lseek(file, 100, SEEK_SET) == 100);
  int sealed = memfd_create("sealed", MFD_ALLOW_SEALING | MFD_CLOEXEC);
  must(write(sealed, "content", 7) == 7);
  must(!fcntl(sealed, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE));
  ready();
  check(filled(memory, 65536, 4), "its content");
  same("offset", lseek(file, 0, SEEK_CUR), 100);
  same("seals", fcntl(sealed, F_GET_SEALS), F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE);
  check(write(sealed, "x", 1) < 0 && errno == EPERM, "a sealed one can be written");
  must(pread(sealed, text, 7, 0) == 7);
  same_text("content of the sealed one", text, "content");
  same("close on exec", fcntl(sealed, F_GETFD), FD_CLOEXEC);
  memory[0] ^= 1;
  char seen;
  must(pread(file, &seen, 1, 0) == 1);
  same("what is written through the mapping", seen, memory[0]);
  return 0;
}
