#include "witness.h"
/* With data, a reader and a writer in two processes, found by its path afterwards. */
int main(void) {
  char text[16] = "";
  must(!mkfifo("/tmp/fifo", 0600));
  pid_t pid = fork();
  if (!pid) {
    int out = open("/tmp/fifo", O_WRONLY);
    if (write(out, "queued", 6) != 6) _exit(1);
    for (;;) pause();
  }
  int in = open("/tmp/fifo", O_RDONLY);
  must(in >= 0);
  comes("the data", in, POLLIN);
  ready();
  must(read(in, text, 16) == 6);
  same_text("what was queued", text, "queued");
  int out = open("/tmp/fifo", O_WRONLY | O_NONBLOCK);
  must(out >= 0 && write(out, "more", 4) == 4 && read(in, text, 16) == 4);
  close(out);
  must(!kill(pid, SIGKILL) && waitpid(pid, NULL, 0) == pid);
  same("when its writer has ended", read(in, text, 16), 0);
  return 0;
}
