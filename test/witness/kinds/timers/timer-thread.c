#include "witness.h"
#include <pthread.h>
#ifndef sigev_notify_thread_id
#define sigev_notify_thread_id _sigev_un._tid
#endif

static pid_t tid;
static timer_t timer;
static volatile int rung;

static void *second(void *unused) {
  (void)unused;
  sigset_t mask;
  sigemptyset(&mask);
  sigaddset(&mask, SIGRTMIN + 4);
  tid = gettid();
  for (;;) {
    int number;
    sigwait(&mask, &number);
    rung++;
  }
  return NULL;
}

/* SIGEV_THREAD_ID: it signals one thread that is not the first. */
int main(void) {
  sigset_t mask;
  sigemptyset(&mask);
  sigaddset(&mask, SIGRTMIN + 4);
  must(!sigprocmask(SIG_BLOCK, &mask, NULL));
  pthread_t thread;
  must(!pthread_create(&thread, NULL, second, NULL));
  while (!*(volatile pid_t *)&tid) sleep_ms(1);
  struct sigevent event = {.sigev_notify = SIGEV_THREAD_ID, .sigev_signo = SIGRTMIN + 4, .sigev_notify_thread_id = tid};
  must(!timer_create(CLOCK_MONOTONIC, &event, &timer));
  struct itimerspec each = {.it_value.tv_nsec = 30000000, .it_interval.tv_nsec = 30000000};
  must(!timer_settime(timer, 0, &each, NULL));
  ready();
  int before = rung;
  for (int i = 0; i < 500 && rung == before; i++) sleep_ms(20);
  check(rung > before, "it does not signal its thread any more");
  return 0;
}
