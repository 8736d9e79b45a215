#include "witness.h"
#ifndef F_SETSIG
#define F_SETSIG 10
#define F_GETSIG 11
#endif
static volatile int rung;
static void on_signal(int number) { (void)number; rung++; }

/* O_ASYNC: tells its owner by a signal of its choice that there is something to read. */
int main(void) {
  int ends[2];
  must(!pipe(ends));
  signal(SIGRTMIN + 5, on_signal);
  must(!fcntl(ends[0], F_SETOWN, getpid()) && !fcntl(ends[0], F_SETSIG, SIGRTMIN + 5));
  must(!fcntl(ends[0], F_SETFL, O_ASYNC | O_NONBLOCK));
  ready();
  same("owner", fcntl(ends[0], F_GETOWN), getpid());
  same("signal", fcntl(ends[0], F_GETSIG), SIGRTMIN + 5);
  int before = rung;
  must(write(ends[1], "x", 1) == 1);
  for (int i = 0; i < 100 && rung == before; i++) sleep_ms(10);
  check(rung > before, "no signal comes");
  return 0;
}
