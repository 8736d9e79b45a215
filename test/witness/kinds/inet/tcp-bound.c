#include "witness.h"
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

/* Bound and neither listening nor connected; and one that is not even bound. */
int main(void) {
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)}, now;
  socklen_t length = sizeof address;
  int bound = socket(AF_INET, SOCK_STREAM, 0), fresh = socket(AF_INET, SOCK_STREAM, 0);
  must(!bind(bound, (void *)&address, length) && !getsockname(bound, (void *)&address, &length));
  ready();
  must(!getsockname(bound, (void *)&now, &length));
  same("its port", ntohs(now.sin_port), ntohs(address.sin_port));
  must(!listen(bound, 2) && !connect(fresh, (void *)&address, length));
  return 0;
}
