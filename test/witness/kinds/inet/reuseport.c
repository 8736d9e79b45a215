#include "witness.h"
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

/* Two listeners of one port in two processes: each takes its part, and a third may join. */
int main(void) {
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  socklen_t length = sizeof address;
  int on = 1, listener[3];
  for (int i = 0; i < 3; i++)
    must((listener[i] = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0)) >= 0 && !setsockopt(listener[i], SOL_SOCKET, SO_REUSEPORT, &on, 4));
  for (int i = 0; i < 2; i++) {
    must(!bind(listener[i], (void *)&address, length) && !getsockname(listener[i], (void *)&address, &length));
    must(!listen(listener[i], 64));
  }
  ready();
  for (int i = 0; i < 40; i++) must(!connect(socket(AF_INET, SOCK_STREAM, 0), (void *)&address, length));
  int taken[2] = {0};
  for (int i = 0; i < 2; i++)
    while (accept(listener[i], NULL, NULL) >= 0) taken[i]++;
  same("connections", taken[0] + taken[1], 40);
  check(taken[0] && taken[1], "one of the two takes none");
  check(!bind(listener[2], (void *)&address, length), "no third may join: %s", strerror(errno));
  return 0;
}
