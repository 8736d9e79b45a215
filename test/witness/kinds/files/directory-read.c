#include "witness.h"
#include <dirent.h>

/* A directory that is half read. */
int main(void) {
  char path[64];
  must(!mkdir("/tmp/directory-read", 0700));
  for (int i = 0; i < 300; i++) {
    snprintf(path, sizeof path, "/tmp/directory-read/%d", i);
    spill(path, "");
  }
  bool seen[300] = {0};
  DIR *directory = opendir("/tmp/directory-read");
  struct dirent *entry;
  must(directory != NULL);
  for (int i = 0; i < 100 && (entry = readdir(directory)); i++)
    if (entry->d_name[0] != '.') seen[atoi(entry->d_name)] = true;
  ready();
  while ((entry = readdir(directory)))
    if (entry->d_name[0] != '.') {
      check(!seen[atoi(entry->d_name)], "%s is seen twice", entry->d_name);
      seen[atoi(entry->d_name)] = true;
    }
  int missed = 0;
  for (int i = 0; i < 300; i++) missed += !seen[i];
  same("entries that are never seen", missed, 0);
  return 0;
}
