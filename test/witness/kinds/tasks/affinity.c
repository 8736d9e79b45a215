#include "witness.h"
#include <pthread.h>
#include <sched.h>

static cpu_set_t of_second, wanted;
static pid_t tid;

static void *second(void *unused) {
  sched_setaffinity(0, sizeof wanted, &wanted);
  tid = gettid();
  for (;;) pause();
  return unused;
}

/* The processors that a process and one of its threads may run on. */
int main(void) {
  cpu_set_t all, first, now;
  must(!sched_getaffinity(0, sizeof all, &all));
  if (CPU_COUNT(&all) < 2) lacking("there is one processor");
  int one = -1, other = -1;
  for (int i = 0; i < CPU_SETSIZE; i++)
    if (CPU_ISSET(i, &all)) *(one < 0 ? &one : &other) = i;
  CPU_ZERO(&first);
  CPU_SET(one, &first);
  CPU_ZERO(&wanted);
  CPU_SET(other, &wanted);
  pthread_t thread;
  must(!pthread_create(&thread, NULL, second, NULL));
  while (!*(volatile pid_t *)&tid) sleep_ms(1);
  must(!sched_setaffinity(0, sizeof first, &first));
  ready();
  must(!sched_getaffinity(0, sizeof now, &now) && !sched_getaffinity(tid, sizeof of_second, &of_second));
  check(CPU_EQUAL(&now, &first), "it may run on %d processors", CPU_COUNT(&now));
  check(CPU_EQUAL(&of_second, &wanted), "its thread may run on %d processors", CPU_COUNT(&of_second));
  return 0;
}
