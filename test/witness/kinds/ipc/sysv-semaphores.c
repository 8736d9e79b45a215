#include "witness.h"
#include <sys/sem.h>

/* With values, and a process that waits. */
int main(void) {
  int id = semget(0x78, 2, IPC_CREAT | 0600);
  must(id >= 0 && !semctl(id, 0, SETVAL, 0) && !semctl(id, 1, SETVAL, 5));
  pid_t pid = fork();
  if (!pid) {
    struct sembuf take = {.sem_num = 0, .sem_op = -1};
    while (semop(id, &take, 1) && errno == EINTR) continue;
    _exit(7);
  }
  while (semctl(id, 0, GETNCNT) != 1) sleep_ms(1);
  ready();
  same("value", semctl(id, 1, GETVAL), 5);
  struct sembuf give = {.sem_num = 0, .sem_op = 1};
  int status;
  must(!semop(id, &give, 1) && waitpid(pid, &status, 0) == pid);
  same("what the waiting process did", WEXITSTATUS(status), 7);
  must(!semctl(id, 0, IPC_RMID));
  return 0;
}
