#include "witness.h"
#include <sys/socket.h>
#ifndef AF_XDP
#define AF_XDP 44
#endif

int main(void) {
  if (socket(AF_XDP, SOCK_RAW, 0) < 0) lacking("AF_XDP: %s", strerror(errno));
  ready();
  return 0;
}
