#include "witness.h"
#include <sys/mount.h>

/* Mounts that are shared, follow another, are private, and may not be bound. */
int main(void) {
  static const struct { const char *name, *tag; int flag; } all[] = {
    {"shared", "shared:", MS_SHARED}, {"unbindable", "unbindable", MS_UNBINDABLE}, {"private", NULL, MS_PRIVATE}};
  char path[64], wanted[96];
  for (int i = 0; i < 3; i++) {
    snprintf(path, sizeof path, "/tmp/sharing-%s", all[i].name);
    must(!mkdir(path, 0700) && !mount("tmpfs", path, "tmpfs", 0, NULL) && !mount(NULL, path, NULL, all[i].flag, NULL));
  }
  must(!mkdir("/tmp/sharing-slave", 0700) && !mount("/tmp/sharing-shared", "/tmp/sharing-slave", NULL, MS_BIND, NULL));
  must(!mount(NULL, "/tmp/sharing-slave", NULL, MS_SLAVE, NULL));
  ready();
  char *table = slurp("/proc/self/mountinfo");
  for (char *line = strtok(table, "\n"); line; line = strtok(NULL, "\n")) {
    for (int i = 0; i < 3; i++) {
      snprintf(wanted, sizeof wanted, " /tmp/sharing-%s ", all[i].name);
      if (!strstr(line, wanted)) continue;
      if (all[i].tag) check(strstr(line, all[i].tag) != NULL, "%s is not so any more", all[i].name);
      else check(!strstr(line, "shared:") && !strstr(line, "master:"), "the private one is shared");
    }
    if (strstr(line, " /tmp/sharing-slave ")) check(strstr(line, "master:") != NULL, "what follows another does not any more");
  }
  must(!mkdir("/tmp/sharing-shared/below", 0700) && !mount("tmpfs", "/tmp/sharing-shared/below", "tmpfs", 0, NULL));
  spill("/tmp/sharing-shared/below/file", "x");
  check(!access("/tmp/sharing-slave/below/file", F_OK), "what is mounted there is not seen by what follows");
  return 0;
}
