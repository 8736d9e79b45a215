#include "witness.h"
#include <sys/socket.h>
#include <sys/un.h>

/* SO_PEERCRED of connections: the server sees who connected, as it was then. */
int main(void) {
  struct sockaddr_un address = {AF_UNIX, "/tmp/unix-peer"};
  int listener = socket(AF_UNIX, SOCK_STREAM, 0);
  must(!bind(listener, (void *)&address, sizeof address) && !listen(listener, 4));
  must(!chmod("/tmp/unix-peer", 0777));
  pid_t pid = fork();
  if (!pid) {
    setresgid(1234, 1234, 1234);
    setresuid(1234, 1234, 1234);
    int client = socket(AF_UNIX, SOCK_STREAM, 0);
    if (connect(client, (void *)&address, sizeof address)) _exit(1);
    for (;;) pause();
  }
  int server = accept(listener, NULL, NULL);
  must(server >= 0);
  struct ucred before, after;
  socklen_t length = sizeof before;
  must(!getsockopt(server, SOL_SOCKET, SO_PEERCRED, &before, &length));
  ready();
  must(!getsockopt(server, SOL_SOCKET, SO_PEERCRED, &after, &length));
  same("its pid", after.pid, before.pid);
  same("its uid", after.uid, before.uid);
  same("its gid", after.gid, before.gid);
  return 0;
}
