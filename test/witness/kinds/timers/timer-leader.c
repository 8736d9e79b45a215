#include "witness.h"
#ifndef sigev_notify_thread_id
#define sigev_notify_thread_id _sigev_un._tid
#endif

/* SIGEV_THREAD_ID: it signals the first thread. */
int main(void) {
  timer_t timer;
  struct sigevent event = {.sigev_notify = SIGEV_THREAD_ID, .sigev_signo = SIGUSR2, .sigev_notify_thread_id = gettid()};
  must(!timer_create(CLOCK_MONOTONIC, &event, &timer));
  ready();
  return 0;
}
