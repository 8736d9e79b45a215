#include "witness.h"
#include <linux/futex.h>

/* Three that wait for a word in shared memory: without end, up to a point in time, with a time-out (which may end with EINTR). */
int main(void) {
  uint32_t *word = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  int status;
  pid_t pid[3];
  must(word != MAP_FAILED);
  for (int i = 0; i < 3; i++) {
    pid[i] = fork();
    if (pid[i]) continue;
    struct timespec long_time = {600 + (i == 1 ? (long)seconds_of(CLOCK_MONOTONIC) : 0), 0};
    while (!__atomic_load_n(word, __ATOMIC_SEQ_CST))
      if (syscall(SYS_futex, word, i == 1 ? FUTEX_WAIT_BITSET : FUTEX_WAIT, 0, i ? &long_time : NULL, NULL, FUTEX_BITSET_MATCH_ANY) &&
          errno != EAGAIN && (i < 2 || errno != EINTR))
        _exit(errno);
    _exit(0);
  }
  sleep_ms(30);
  ready();
  __atomic_store_n(word, 1, __ATOMIC_SEQ_CST);
  syscall(SYS_futex, word, FUTEX_WAKE, 9, NULL, NULL, 0);
  for (int i = 0; i < 3; i++) {
    must(waitpid(pid[i], &status, 0) == pid[i]);
    check(!WEXITSTATUS(status), "%s ended with %s", i ? "one with a time" : "the one without", strerror(WEXITSTATUS(status)));
  }
  return 0;
}
