#include "witness.h"
#include <sys/ptrace.h>

/* A process that another one traces. Both are children of this one. */
int main(void) {
  pid_t traced = idle_child(), tracer = fork();
  if (!tracer) {
    must(!ptrace(PTRACE_SEIZE, traced, NULL, NULL));
    for (;;) pause();
  }
  char path[64];
  snprintf(path, sizeof path, "/proc/%d/status", traced);
  for (int i = 0; i < 500 && !atoi(field(path, "TracerPid")); i++) sleep_ms(10);
  if (!atoi(field(path, "TracerPid"))) lacking("ptrace");
  ready();
  return 0;
}
