#include "witness.h"
#include <pthread.h>

static void *body(void *unused) {
  await_move();
  answer();
  return unused;
}

/* The first thread has ended, another goes on. */
int main(void) {
  pthread_t thread;
  must(!pthread_create(&thread, NULL, body, NULL));
  say_ready();
  syscall(SYS_exit, 0);
  return 0;
}
