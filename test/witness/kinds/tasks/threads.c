#include "witness.h"
#include <pthread.h>
#include <sys/prctl.h>

enum { COUNT = 20 };
static volatile int turn;
static volatile long seen[COUNT];
static pid_t tids[COUNT];
static __thread long own;

static void *body(void *number) {
  long i = (long)number;
  char name[16];
  snprintf(name, sizeof name, "thread-%ld", i);
  pthread_setname_np(pthread_self(), name);
  own = i * 1000;
  tids[i] = gettid();
  for (int last = 0;; sleep_ms(2))
    if (turn != last) last = turn, seen[i] = own + turn;
  return NULL;
}

/* Each with its name, its id and memory of its own. */
int main(void) {
  pthread_t thread;
  for (long i = 0; i < COUNT; i++) must(!pthread_create(&thread, NULL, body, (void *)i));
  for (int i = 0; i < COUNT; i++)
    while (!*(volatile pid_t *)&tids[i]) sleep_ms(1);
  ready();
  turn = 7;
  for (int i = 0; i < COUNT; i++) {
    for (int j = 0; j < 500 && !seen[i]; j++) sleep_ms(10);
    same("what a thread has kept", seen[i], i * 1000 + 7);
    char path[64], name[20];
    snprintf(path, sizeof path, "/proc/self/task/%d/comm", tids[i]);
    snprintf(name, sizeof name, "thread-%d\n", i);
    same_text("name", slurp(path), name);
  }
  return 0;
}
