#include "witness.h"
#include <arpa/inet.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <sys/socket.h>

/* Signed segments, as BGP has them. */
int main(void) {
  struct tcp_md5sig key = {.tcpm_keylen = 3, .tcpm_key = "key"};
  struct sockaddr_in *peer = (void *)&key.tcpm_addr, address = {.sin_family = AF_INET};
  *peer = (struct sockaddr_in){.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  int listener = socket(AF_INET, SOCK_STREAM, 0), client = socket(AF_INET, SOCK_STREAM, 0);
  socklen_t length = sizeof address;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  must(!bind(listener, (void *)&address, length) && !listen(listener, 2) && !getsockname(listener, (void *)&address, &length));
  if (setsockopt(listener, IPPROTO_TCP, TCP_MD5SIG, &key, sizeof key)) lacking("TCP_MD5SIG: %s", strerror(errno));
  must(!setsockopt(client, IPPROTO_TCP, TCP_MD5SIG, &key, sizeof key) && !connect(client, (void *)&address, length));
  int server = accept(listener, NULL, NULL);
  must(server >= 0);
  ready();
  must(write(client, "signed", 6) == 6);
  comes("what is sent", server, POLLIN);
  return 0;
}
