#include "witness.h"
/* Full to the last byte, with a writer that waits for room. */
int main(void) {
  int ends[2];
  must(!pipe(ends));
  int size = fcntl(ends[1], F_GETPIPE_SZ);
  char *data = malloc(size), *back = malloc(size);
  fill(data, size, 2);
  must(write(ends[1], data, size) == size);
  pid_t pid = fork();
  if (!pid) _exit(write(ends[1], "last", 4) == 4 ? 7 : 1);
  sleep_ms(20);
  ready();
  same("room in it", events_of(ends[1], POLLOUT) & POLLOUT, 0);
  for (int length = 0; length < size;) {
    ssize_t more = read(ends[0], back + length, size - length);
    must(more > 0);
    length += more;
  }
  check(!memcmp(back, data, size), "its content");
  int status;
  must(waitpid(pid, &status, 0) == pid);
  same("what the waiting writer did", WEXITSTATUS(status), 7);
  must(read(ends[0], back, 4) == 4);
  check(!memcmp(back, "last", 4), "what it wrote");
  return 0;
}
