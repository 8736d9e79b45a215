#include "witness.h"
#include <sched.h>

static char stack[65536];
static int body(void *unused) {
  (void)unused;
  for (;;) pause();
  return 0;
}
static volatile int told;
static void on_signal(int number) { told = number; }

/* A child that tells its end by another signal than SIGCHLD. */
int main(void) {
  signal(SIGUSR2, on_signal);
  pid_t pid = clone(body, stack + sizeof stack, SIGUSR2, NULL);
  must(pid > 0);
  ready();
  must(!kill(pid, SIGKILL));
  for (int i = 0; i < 200 && !told; i++) sleep_ms(10);
  same("signal", told, SIGUSR2);
  same("who ended", waitpid(pid, NULL, __WALL), pid);
  return 0;
}
