#include "witness.h"
#include <netinet/udp.h>
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

/* A datagram that is not complete yet. */
int main(void) {
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  int server = socket(AF_INET, SOCK_DGRAM, 0), client = socket(AF_INET, SOCK_DGRAM, 0), on = 1, off = 0;
  socklen_t length = sizeof address;
  char text[8];
  must(!bind(server, (void *)&address, length) && !getsockname(server, (void *)&address, &length));
  must(!connect(client, (void *)&address, length) && !setsockopt(client, IPPROTO_UDP, UDP_CORK, &on, sizeof on));
  must(write(client, "ab", 2) == 2);
  ready();
  must(write(client, "cd", 2) == 2 && !setsockopt(client, IPPROTO_UDP, UDP_CORK, &off, sizeof off));
  comes("it", server, POLLIN);
  same("its length", read(server, text, 8), 4);
  return 0;
}
