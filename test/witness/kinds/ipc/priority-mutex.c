#include "witness.h"
#include <pthread.h>

/* A mutex that lends its owner the priority of who waits: the kernel knows the owner by its thread id. */
int main(void) {
  pthread_mutex_t *mutex = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  pthread_mutexattr_t attributes;
  pthread_mutexattr_init(&attributes);
  pthread_mutexattr_setpshared(&attributes, PTHREAD_PROCESS_SHARED);
  must(!pthread_mutexattr_setprotocol(&attributes, PTHREAD_PRIO_INHERIT));
  must(!pthread_mutex_init(mutex, &attributes) && !pthread_mutex_lock(mutex));
  pid_t pid = fork();
  if (!pid) _exit(pthread_mutex_lock(mutex) ? 1 : 7);
  sleep_ms(50);
  ready();
  int status;
  must(!pthread_mutex_unlock(mutex) && waitpid(pid, &status, 0) == pid);
  same("what the waiting process did", WEXITSTATUS(status), 7);
  return 0;
}
