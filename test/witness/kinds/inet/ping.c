#include "witness.h"
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

/* SOCK_DGRAM of ICMP, as an unprivileged ping has it. */
int main(void) {
  int ping = socket(AF_INET, SOCK_DGRAM, IPPROTO_ICMP);
  if (ping < 0) lacking("the socket: %s", strerror(errno));
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  must(!bind(ping, (void *)&address, sizeof address));
  ready();
  return 0;
}
