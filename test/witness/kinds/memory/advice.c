#include "witness.h"
#ifndef MADV_WIPEONFORK
#define MADV_WIPEONFORK 18
#endif

/* Flags of the kernel for a part of memory, from its line VmFlags of /proc/self/smaps. */
static const char *flags_of(const void *memory) {
  FILE *maps = fopen("/proc/self/smaps", "r");
  static char line[512];
  for (bool here = false; fgets(line, sizeof line, maps);) {
    unsigned long from, to;
    if (sscanf(line, "%lx-%lx ", &from, &to) == 2) here = (unsigned long)memory >= from && (unsigned long)memory < to;
    if (here && !strncmp(line, "VmFlags:", 8)) break;
  }
  fclose(maps);
  return line;
}

int main(void) {
  static const struct { int advice; const char *flag, *name; } all[] = {
    {MADV_DONTFORK, " dc", "MADV_DONTFORK"}, {MADV_DONTDUMP, " dd", "MADV_DONTDUMP"}, {MADV_HUGEPAGE, " hg", "MADV_HUGEPAGE"},
    {MADV_NOHUGEPAGE, " nh", "MADV_NOHUGEPAGE"}, {MADV_MERGEABLE, " mg", "MADV_MERGEABLE"},
    {MADV_WIPEONFORK, " wf", "MADV_WIPEONFORK"}, {MADV_SEQUENTIAL, " sr", "MADV_SEQUENTIAL"}, {MADV_RANDOM, " rr", "MADV_RANDOM"}};
  enum { COUNT = sizeof all / sizeof *all };
  char *memory[COUNT];
  bool made[COUNT];
  for (int i = 0; i < COUNT; i++) {
    memory[i] = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    must(memory[i] != MAP_FAILED);
    memory[i][0] = 1;
    made[i] = !madvise(memory[i], 4096, all[i].advice);
  }
  ready();
  for (int i = 0; i < COUNT; i++)
    check(!made[i] || strstr(flags_of(memory[i]), all[i].flag), "%s is gone", all[i].name);
  return 0;
}
