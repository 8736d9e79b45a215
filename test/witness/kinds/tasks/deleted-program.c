#include "witness.h"
/* A process whose program was replaced, as an upgrade does; its descriptor of it is open. */
int main(int count, char **words) {
  if (count > 1) for (;;) pause();
  char *data = malloc(4 << 20);
  int from = open("/witness/witness", O_RDONLY), to = open("/tmp/deleted-program", O_WRONLY | O_CREAT, 0755);
  ssize_t length = read(from, data, 4 << 20);
  must(length > 0 && write(to, data, length) == length);
  close(to);
  must(!rename("/tmp/deleted-program", "/witness/bin/deleted-copy"));
  pid_t pid = fork();
  if (!pid) {
    execl("/witness/bin/deleted-copy", words[0], "x", (char *)NULL);
    _exit(1);
  }
  char path[64], link[64] = "";
  snprintf(path, sizeof path, "/proc/%d/exe", pid);
  for (int i = 0; i < 500; i++) {
    memset(link, 0, sizeof link);
    if (readlink(path, link, 63) > 0 && strstr(link, "copy")) break;
    sleep_ms(10);
  }
  must(!unlink("/witness/bin/deleted-copy"));
  ready();
  same("end of it", waitpid(pid, NULL, WNOHANG), 0);
  check(!access(path, R_OK), "its program is gone");
  return 0;
}
