#include "witness.h"
/* Half read, with room for more, and the two ends in two processes. */
int main(void) {
  int ends[2], answers[2];
  char data[4096], back[4096];
  must(!pipe(ends) && !pipe(answers));
  fill(data, sizeof data, 1);
  must(write(ends[1], data, 4096) == 4096 && read(ends[0], back, 1000) == 1000);
  pid_t pid = fork();
  if (!pid) {
    char line[4];
    while (read(answers[0], line, 1) == 1)
      if (write(ends[1], "!", 1) != 1) _exit(1);
    _exit(0);
  }
  close(answers[0]);
  ready();
  must(write(answers[1], "x", 1) == 1);
  size_t length = 1000;
  while (length < 4097) {
    ssize_t more = read(ends[0], back + length % 4096 * (length < 4096), 4096 - length % 4096);
    must(more > 0);
    length += more;
    if (length == 4096) check(!memcmp(back + 1000, data + 1000, 3096), "the rest of it");
  }
  same("bytes in all", length, 4097);
  return 0;
}
