#include "witness.h"
#include <sys/socket.h>
#include <sys/un.h>

/* A server by its name, a client that is connected to it, and another's datagram in the queue. */
int main(void) {
  struct sockaddr_un address = {AF_UNIX, "/tmp/unix-datagram"}, from, own = {AF_UNIX, "/tmp/unix-datagram-client"};
  int server = socket(AF_UNIX, SOCK_DGRAM, 0), client = socket(AF_UNIX, SOCK_DGRAM, 0);
  must(!bind(server, (void *)&address, sizeof address) && !bind(client, (void *)&own, sizeof own));
  must(!connect(client, (void *)&address, sizeof address) && write(client, "queued", 6) == 6);
  ready();
  char text[16];
  socklen_t length = sizeof from;
  must(recvfrom(server, text, 16, 0, (void *)&from, &length) == 6);
  same_text("from whom", length > 2 ? from.sun_path : "", own.sun_path);
  must(write(client, "new", 3) == 3 && recvfrom(server, text, 16, 0, NULL, NULL) == 3);
  must(sendto(server, "back", 4, 0, (void *)&own, sizeof own) == 4);
  same("what comes back", read(client, text, 16), 4);
  return 0;
}
