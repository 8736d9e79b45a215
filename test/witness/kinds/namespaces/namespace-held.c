#include "witness.h"
/* Files of /proc/self/ns, held open. */
int main(void) {
  static const char *const kinds[] = {"net", "mnt", "uts", "ipc", "pid", "user"};
  int file[6];
  char path[64];
  for (int i = 0; i < 6; i++) {
    snprintf(path, sizeof path, "/proc/self/ns/%s", kinds[i]);
    must((file[i] = open(path, O_RDONLY)) >= 0);
  }
  ready();
  struct stat held, own;
  for (int i = 0; i < 6; i++) {
    snprintf(path, sizeof path, "/proc/self/ns/%s", kinds[i]);
    must(!fstat(file[i], &held) && !stat(path, &own));
    same(kinds[i], held.st_ino, own.st_ino);
  }
  return 0;
}
