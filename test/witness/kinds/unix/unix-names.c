#include "witness.h"
#include <stddef.h>
#include <sys/socket.h>
#include <sys/un.h>

/* Listeners by a path, an abstract name and a path that is deleted since; each is found as before. */
int main(void) {
  static const char *const names[] = {"/tmp/unix-names", "@unix-names", "/tmp/unix-names-gone"};
  int listener[3], client[3], server[3];
  struct sockaddr_un address[3] = {0};
  socklen_t length[3];
  for (int i = 0; i < 3; i++) {
    address[i].sun_family = AF_UNIX;
    strcpy(address[i].sun_path, names[i]);
    length[i] = offsetof(struct sockaddr_un, sun_path) + strlen(names[i]);
    if (names[i][0] == '@') address[i].sun_path[0] = 0;
    must((listener[i] = socket(AF_UNIX, SOCK_STREAM, 0)) >= 0 && !bind(listener[i], (void *)&address[i], length[i]));
    must(!listen(listener[i], 4) && (client[i] = socket(AF_UNIX, SOCK_STREAM, 0)) >= 0);
    must(!connect(client[i], (void *)&address[i], length[i]) && (server[i] = accept(listener[i], NULL, NULL)) >= 0);
  }
  must(!unlink(names[2]));
  ready();
  for (int i = 0; i < 3; i++) {
    char text[8] = "";
    must(write(client[i], "x", 1) == 1);
    same(names[i], read(server[i], text, 8), 1);
    int other = socket(AF_UNIX, SOCK_STREAM, 0);
    int status = connect(other, (void *)&address[i], length[i]);
    same(names[i], status, i == 2 ? -1 : 0);
    if (i == 2) continue;
    must(accept(listener[i], NULL, NULL) >= 0);
  }
  check(access(names[2], F_OK), "what was deleted is there again");
  return 0;
}
