#include "witness.h"
#include <linux/if_alg.h>
#include <sys/socket.h>

/* Cryptography in the kernel by sockets (AF_ALG). */
int main(void) {
  struct sockaddr_alg address = {.salg_family = AF_ALG, .salg_type = "hash", .salg_name = "sha256"};
  int file = socket(AF_ALG, SOCK_SEQPACKET, 0);
  if (file < 0 || bind(file, (void *)&address, sizeof address)) lacking("AF_ALG: %s", strerror(errno));
  ready();
  return 0;
}
