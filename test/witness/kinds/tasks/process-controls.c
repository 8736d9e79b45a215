#include "witness.h"
#include <sys/prctl.h>

/* What prctl sets: each is what it was. */
int main(void) {
  must(!prctl(PR_SET_DUMPABLE, 0) && !prctl(PR_SET_THP_DISABLE, 1, 0, 0, 0) && !prctl(PR_SET_CHILD_SUBREAPER, 1));
  must(!prctl(PR_SET_KEEPCAPS, 1) && !prctl(PR_SET_NAME, "renamed"));
  ready();
  same("PR_GET_THP_DISABLE", prctl(PR_GET_THP_DISABLE, 0, 0, 0, 0), 1);
  same("PR_GET_KEEPCAPS", prctl(PR_GET_KEEPCAPS), 1);
  same("PR_GET_DUMPABLE", prctl(PR_GET_DUMPABLE), 0);
  int reaper = 0;
  must(!prctl(PR_GET_CHILD_SUBREAPER, &reaper));
  same("PR_GET_CHILD_SUBREAPER", reaper, 1);
  char name[16] = "";
  must(!prctl(PR_GET_NAME, name));
  same_text("PR_GET_NAME", name, "renamed");
  return 0;
}
