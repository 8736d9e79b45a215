#include "witness.h"
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

/* Datagrams that nobody has read. */
int main(void) {
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  int server = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0), client = socket(AF_INET, SOCK_DGRAM, 0);
  socklen_t length = sizeof address;
  char text[8];
  must(!bind(server, (void *)&address, length) && !getsockname(server, (void *)&address, &length));
  must(sendto(client, "queued", 6, 0, (void *)&address, length) == 6);
  comes("it", server, POLLIN);
  ready();
  same("bytes that were queued", read(server, text, 8), 6);
  return 0;
}
