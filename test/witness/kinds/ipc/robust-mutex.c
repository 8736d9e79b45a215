#include "witness.h"
#include <pthread.h>

/* The mutex of a process that ends later: who comes then is told that its owner is dead. */
int main(void) {
  pthread_mutex_t *mutex = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  pthread_mutexattr_t attributes;
  pthread_mutexattr_init(&attributes);
  pthread_mutexattr_setpshared(&attributes, PTHREAD_PROCESS_SHARED);
  pthread_mutexattr_setrobust(&attributes, PTHREAD_MUTEX_ROBUST);
  must(!pthread_mutex_init(mutex, &attributes));
  int ends[2];
  must(!pipe(ends));
  pid_t pid = fork();
  if (!pid) {
    if (pthread_mutex_lock(mutex) || write(ends[1], "l", 1) != 1) _exit(1);
    for (;;) pause();
  }
  char locked;
  must(read(ends[0], &locked, 1) == 1);
  ready();
  same("another's right to it", pthread_mutex_trylock(mutex), EBUSY);
  must(!kill(pid, SIGKILL) && waitpid(pid, NULL, 0) == pid);
  same("its owner", pthread_mutex_trylock(mutex), EOWNERDEAD);
  return 0;
}
