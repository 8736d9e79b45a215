#include "witness.h"
#include <sys/shm.h>

/* Attached, and one that is marked to be removed. */
int main(void) {
  int id = shmget(0x77, 65536, IPC_CREAT | 0640), going = shmget(IPC_PRIVATE, 4096, IPC_CREAT | 0600);
  char *memory = shmat(id, NULL, 0), *last = shmat(going, NULL, 0);
  must(id >= 0 && memory != (void *)-1 && last != (void *)-1 && !shmctl(going, IPC_RMID, NULL));
  fill(memory, 65536, 5);
  last[0] = 'g';
  ready();
  check(filled(memory, 65536, 5), "its content");
  same("its id by its key", shmget(0x77, 0, 0), id);
  struct shmid_ds about;
  must(!shmctl(id, IPC_STAT, &about));
  same("mode", about.shm_perm.mode & 0777, 0640);
  same("attached", about.shm_nattch, 1);
  same("content of the removed one", last[0], 'g');
  must(!shmctl(id, IPC_RMID, NULL));
  return 0;
}
