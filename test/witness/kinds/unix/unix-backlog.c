#include "witness.h"
#include <sys/socket.h>
#include <sys/un.h>

/* Connections that are not accepted yet, and have sent nothing. */
int main(void) {
  struct sockaddr_un address = {AF_UNIX, "/tmp/unix-backlog"};
  int listener = socket(AF_UNIX, SOCK_STREAM, 0), client = socket(AF_UNIX, SOCK_STREAM, 0);
  must(!bind(listener, (void *)&address, sizeof address) && !listen(listener, 4));
  must(!connect(client, (void *)&address, sizeof address) && !fcntl(listener, F_SETFL, O_NONBLOCK));
  ready();
  int server = accept(listener, NULL, NULL);
  check(server >= 0, "the connection does not wait any more");
  if (server < 0) return 0;
  char text;
  must(write(client, "x", 1) == 1 && read(server, &text, 1) == 1);
  return 0;
}
