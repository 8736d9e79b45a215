#include "witness.h"
#include <sys/socket.h>
#include <sys/time.h>

/* Options, and who is at the other end. */
int main(void) {
  int pair[2], on = 1, size = 100000, value;
  struct timeval patience = {7, 0}, now;
  struct ucred peer;
  socklen_t length = sizeof value;
  must(!socketpair(AF_UNIX, SOCK_STREAM, 0, pair));
  must(!setsockopt(pair[0], SOL_SOCKET, SO_PASSCRED, &on, sizeof on));
  must(!setsockopt(pair[0], SOL_SOCKET, SO_SNDBUF, &size, sizeof size));
  must(!setsockopt(pair[0], SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience));
  must(!getsockopt(pair[0], SOL_SOCKET, SO_SNDBUF, &size, &length));
  must(!fcntl(pair[1], F_SETFL, O_NONBLOCK));
  ready();
  must(!getsockopt(pair[0], SOL_SOCKET, SO_PASSCRED, &value, &length));
  same("SO_PASSCRED", value, 1);
  must(!getsockopt(pair[0], SOL_SOCKET, SO_SNDBUF, &value, &length));
  same("SO_SNDBUF", value, size);
  length = sizeof now;
  must(!getsockopt(pair[0], SOL_SOCKET, SO_RCVTIMEO, &now, &length));
  same("SO_RCVTIMEO", now.tv_sec, 7);
  same("O_NONBLOCK", fcntl(pair[1], F_GETFL) & O_NONBLOCK, O_NONBLOCK);
  length = sizeof peer;
  must(!getsockopt(pair[0], SOL_SOCKET, SO_PEERCRED, &peer, &length));
  same("pid of the other end", peer.pid, getpid());
  return 0;
}
