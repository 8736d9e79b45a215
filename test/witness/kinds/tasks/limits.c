#include "witness.h"
#include <sys/resource.h>

int main(void) {
  struct rlimit before[16], now;
  for (int i = 0; i < 16; i++) {
    must(!getrlimit(i, &before[i]));
    if (before[i].rlim_max > 100000 && i != RLIMIT_NOFILE && i != RLIMIT_NPROC && i != RLIMIT_AS && i != RLIMIT_DATA) {
      struct rlimit less = {(1 << 20) + i, before[i].rlim_max == RLIM_INFINITY ? RLIM_INFINITY : before[i].rlim_max};
      if (less.rlim_max < less.rlim_cur) less.rlim_cur = less.rlim_max;
      if (!setrlimit(i, &less)) before[i] = less;
    }
  }
  ready();
  for (int i = 0; i < 16; i++) {
    must(!getrlimit(i, &now));
    check(now.rlim_cur == before[i].rlim_cur && now.rlim_max == before[i].rlim_max, "limit %d: %ld %ld, was %ld %ld", i,
          (long)now.rlim_cur, (long)now.rlim_max, (long)before[i].rlim_cur, (long)before[i].rlim_max);
  }
  return 0;
}
