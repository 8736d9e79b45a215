#include "witness.h"
#include <sys/socket.h>
#include <sys/un.h>

/* A connection that is not accepted, and has sent data. */
int main(void) {
  struct sockaddr_un address = {AF_UNIX, "/tmp/unix-backlog-data"};
  int listener = socket(AF_UNIX, SOCK_STREAM, 0), client = socket(AF_UNIX, SOCK_STREAM, 0);
  must(!bind(listener, (void *)&address, sizeof address) && !listen(listener, 4));
  must(!connect(client, (void *)&address, sizeof address) && write(client, "x", 1) == 1);
  ready();
  return 0;
}
