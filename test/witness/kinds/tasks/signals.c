#include "witness.h"
#include <sys/wait.h>

static volatile int seen, value, on_other_stack;
static char other_stack[65536];
static void on_signal(int number, siginfo_t *info, void *unused) {
  (void)number, (void)unused;
  char here;
  seen++;
  value = info->si_value.sival_int;
  on_other_stack = &here > other_stack && &here < other_stack + sizeof other_stack;
}

/* Handlers with their flags and masks, ignored, blocked and pending ones, and another stack. */
int main(void) {
  stack_t stack = {.ss_sp = other_stack, .ss_size = sizeof other_stack}, now;
  struct sigaction action = {.sa_sigaction = on_signal, .sa_flags = SA_SIGINFO | SA_ONSTACK | SA_RESTART}, shown;
  sigset_t blocked;
  sigemptyset(&blocked);
  sigaddset(&blocked, SIGRTMIN + 6);
  sigaddset(&action.sa_mask, SIGTERM);
  must(!sigaltstack(&stack, NULL) && !sigaction(SIGRTMIN + 6, &action, NULL) && signal(SIGHUP, SIG_IGN) != SIG_ERR);
  must(!sigprocmask(SIG_BLOCK, &blocked, NULL) && !sigqueue(getpid(), SIGRTMIN + 6, (union sigval){.sival_int = 55}));
  ready();
  sigset_t pending;
  must(!sigpending(&pending) && !sigaction(SIGRTMIN + 6, NULL, &shown) && !sigaltstack(NULL, &now));
  check(sigismember(&pending, SIGRTMIN + 6), "the pending one is gone");
  same("flags", shown.sa_flags & (SA_SIGINFO | SA_ONSTACK | SA_RESTART), SA_SIGINFO | SA_ONSTACK | SA_RESTART);
  same("its mask", sigismember(&shown.sa_mask, SIGTERM), 1);
  check(now.ss_sp == other_stack && now.ss_size == sizeof other_stack, "the other stack is another");
  must(!sigprocmask(SIG_UNBLOCK, &blocked, NULL));
  same("signals", seen, 1);
  same("value", value, 55);
  same("on the other stack", on_other_stack, 1);
  must(!sigaction(SIGHUP, NULL, &shown));
  check(shown.sa_handler == SIG_IGN, "what was ignored is not any more");
  return 0;
}
