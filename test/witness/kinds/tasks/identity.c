#include "witness.h"
#include <grp.h>
#include <sys/fsuid.h>

/* Real, effective, saved and file system ids, and groups, of a process and of one of its threads. */
int main(void) {
  gid_t groups[3] = {1001, 1002, 1003}, now[4];
  must(!chmod("/witness/state", 0777) && !setgroups(3, groups) && !setresgid(11, 12, 13) && !setresuid(21, 22, 23));
  ready();
  uid_t r, e, s;
  must(!getresuid(&r, &e, &s));
  same("uids", r * 10000 + e * 100 + s, 212223);
  must(!getresgid(&r, &e, &s));
  same("gids", r * 10000 + e * 100 + s, 111213);
  same("groups", getgroups(4, now), 3);
  for (int i = 0; i < 3; i++) same("group", now[i], groups[i]);
  same("fsuid", setfsuid(-1), 22);
  return 0;
}
