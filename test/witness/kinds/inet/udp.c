#include "witness.h"
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

/* Bound, connected, with options of its own. */
int main(void) {
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)}, now;
  int server = socket(AF_INET, SOCK_DGRAM, 0), client = socket(AF_INET, SOCK_DGRAM, 0), on = 1, value = 0, tos = 8;
  socklen_t length = sizeof address, size = sizeof value;
  must(!bind(server, (void *)&address, length) && !getsockname(server, (void *)&address, &length));
  must(!connect(client, (void *)&address, length));
  must(!setsockopt(client, SOL_SOCKET, SO_BROADCAST, &on, size) && !setsockopt(client, IPPROTO_IP, IP_TOS, &tos, size));
  must(!setsockopt(server, IPPROTO_IP, IP_PKTINFO, &on, size));
  ready();
  char text[8];
  must(!getsockname(server, (void *)&now, &length));
  same("its port", now.sin_port, address.sin_port);
  must(!getpeername(client, (void *)&now, &length));
  same("the port it is connected to", now.sin_port, address.sin_port);
  must(!getsockopt(client, SOL_SOCKET, SO_BROADCAST, &value, &size));
  same("SO_BROADCAST", value, 1);
  must(!getsockopt(client, IPPROTO_IP, IP_TOS, &value, &size));
  same("IP_TOS", value, 8);
  must(!getsockopt(server, IPPROTO_IP, IP_PKTINFO, &value, &size));
  same("IP_PKTINFO", value, 1);
  must(write(client, "x", 1) == 1);
  comes("a datagram", server, POLLIN);
  same("its length", read(server, text, 8), 1);
  return 0;
}
