#include "witness.h"
#include <sys/sem.h>

/* SEM_UNDO: what a process has taken is given back when it ends. */
int main(void) {
  int id = semget(0x79, 1, IPC_CREAT | 0600);
  must(id >= 0 && !semctl(id, 0, SETVAL, 1));
  int ends[2];
  must(!pipe(ends));
  pid_t pid = fork();
  if (!pid) {
    struct sembuf take = {.sem_num = 0, .sem_op = -1, .sem_flg = SEM_UNDO};
    if (semop(id, &take, 1) || write(ends[1], "t", 1) != 1) _exit(1);
    for (;;) pause();
  }
  char taken;
  must(read(ends[0], &taken, 1) == 1);
  ready();
  must(!kill(pid, SIGKILL) && waitpid(pid, NULL, 0) == pid);
  same("value when the process has ended", semctl(id, 0, GETVAL), 1);
  must(!semctl(id, 0, IPC_RMID));
  return 0;
}
