#include "witness.h"
#include <linux/landlock.h>
#include <sys/prctl.h>

/* A process that may not write files any more. */
int main(void) {
  struct landlock_ruleset_attr attributes = {.handled_access_fs = LANDLOCK_ACCESS_FS_MAKE_DIR};
  int rules = syscall(SYS_landlock_create_ruleset, &attributes, sizeof attributes, 0);
  if (rules < 0) lacking("landlock: %s", strerror(errno));
  must(!prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) && !syscall(SYS_landlock_restrict_self, rules, 0));
  close(rules);
  must(mkdir("/tmp/landlock", 0700) && errno == EACCES);
  ready();
  check(mkdir("/tmp/landlock", 0700) && errno == EACCES, "it may do again what it had given up");
  return 0;
}
