#include "witness.h"
#include <netinet/in.h>
#include <sys/socket.h>
#ifndef IPPROTO_MPTCP
#define IPPROTO_MPTCP 262
#endif

/* A listener, as Go programs make it by themselves. */
int main(void) {
  int listener = socket(AF_INET, SOCK_STREAM, IPPROTO_MPTCP);
  if (listener < 0) lacking("IPPROTO_MPTCP: %s", strerror(errno));
  must(!listen(listener, 4));
  ready();
  return 0;
}
