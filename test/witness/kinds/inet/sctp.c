#include "witness.h"
#include <netinet/in.h>
#include <sys/socket.h>

int main(void) {
  int file = socket(AF_INET, SOCK_STREAM, IPPROTO_SCTP);
  if (file < 0) lacking("IPPROTO_SCTP: %s", strerror(errno));
  struct sockaddr_in address = {.sin_family = AF_INET};
  must(!bind(file, (void *)&address, sizeof address) && !listen(file, 4));
  ready();
  return 0;
}
