#include "witness.h"
#include "state.h"
#include <stdarg.h>

const char *kind_name;

static void path_of(char *path, const char *kind, const char *what) {
  snprintf(path, 256, STATE "/%s.%s", kind, what);
}

void write_state(const char *what, const char *format, ...) {
  char text[TEXT], path[256], beside[256];
  va_list words;
  va_start(words, format);
  int length = vsnprintf(text, sizeof text, format, words);
  va_end(words);
  path_of(path, kind_name, what);
  path_of(beside, kind_name, "new");
  int fd = open(beside, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
  if (fd < 0 || write(fd, text, length) != length) _exit(9);
  close(fd);
  if (rename(beside, path)) _exit(9);
}

char *read_state(const char *kind, const char *what) {
  char path[256];
  path_of(path, kind, what);
  return access(path, F_OK) ? NULL : slurp(path);
}
