#include "witness.h"
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

int main(void) {
  int udp = socket(AF_INET, SOCK_DGRAM, 0), tcp = socket(AF_INET, SOCK_STREAM, 0);
  char name[16] = "";
  socklen_t length = sizeof name;
  must(!setsockopt(udp, SOL_SOCKET, SO_BINDTODEVICE, "eth0", 5) && !setsockopt(tcp, SOL_SOCKET, SO_BINDTODEVICE, "lo", 3));
  must(!listen(tcp, 4));
  struct sockaddr_in address = {.sin_family = AF_INET};
  must(!bind(udp, (void *)&address, sizeof address));
  ready();
  must(!getsockopt(udp, SOL_SOCKET, SO_BINDTODEVICE, name, &length));
  same_text("device of the UDP one", name, "eth0");
  length = sizeof name;
  must(!getsockopt(tcp, SOL_SOCKET, SO_BINDTODEVICE, name, &length));
  same_text("device of the TCP one", name, "lo");
  return 0;
}
