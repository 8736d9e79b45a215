#include "witness.h"
#include <semaphore.h>

/* Of /dev/shm: a file, a deleted one, and a semaphore that a process waits for. */
int main(void) {
  mkdir("/dev/shm", 01777); /* BusyBox has none */
  int kept = shm_open("/witness", O_RDWR | O_CREAT, 0600), gone = shm_open("/witness-gone", O_RDWR | O_CREAT, 0600);
  must(kept >= 0 && gone >= 0 && !ftruncate(kept, 8192) && !ftruncate(gone, 8192) && !shm_unlink("/witness-gone"));
  char *memory = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_SHARED, kept, 0);
  char *deleted = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_SHARED, gone, 0);
  must(memory != MAP_FAILED && deleted != MAP_FAILED);
  fill(memory + 4096, 4096, 8);
  fill(deleted, 8192, 9);
  sem_t *semaphore = (void *)memory;
  must(!sem_init(semaphore, 1, 0));
  pid_t pid = fork();
  if (!pid) {
    while (sem_wait(semaphore)) continue;
    _exit(7);
  }
  sleep_ms(20);
  ready();
  check(filled(memory + 4096, 4096, 8), "its content");
  check(filled(deleted, 8192, 9), "content of the deleted one");
  int status;
  must(!sem_post(semaphore) && waitpid(pid, &status, 0) == pid);
  same("what the waiting process did", WEXITSTATUS(status), 7);
  return 0;
}
