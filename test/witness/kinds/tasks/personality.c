#include "witness.h"
#include <sys/personality.h>
#include <sys/utsname.h>

int main(void) {
  must(personality(ADDR_NO_RANDOMIZE | UNAME26) >= 0);
  struct utsname before, now;
  uname(&before);
  ready();
  same("personality", personality(0xffffffff), ADDR_NO_RANDOMIZE | UNAME26);
  uname(&now);
  check(!strncmp(now.release, "2.6.", 4), "release %s", now.release);
  return 0;
}
