#include "witness.h"
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

/* A listener that takes new connections, and one of IPv6 alone. */
int main(void) {
  struct tcp pair = tcp_pair();
  int six = socket(AF_INET6, SOCK_STREAM, 0), on = 1, value = 0;
  struct sockaddr_in6 address = {.sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT};
  socklen_t length = sizeof value, size = sizeof address;
  must(!setsockopt(six, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on));
  bool has_six = !bind(six, (void *)&address, sizeof address) && !listen(six, 4);
  must(!has_six || !getsockname(six, (void *)&address, &size));
  ready();
  struct sockaddr_in to = {AF_INET, htons(pair.port), {htonl(INADDR_LOOPBACK)}, {0}};
  int client = socket(AF_INET, SOCK_STREAM, 0);
  check(!connect(client, (void *)&to, sizeof to) && accept(pair.listener, NULL, NULL) >= 0, "no new connection");
  if (!has_six) return 0;
  must(!getsockopt(six, IPPROTO_IPV6, IPV6_V6ONLY, &value, &length));
  same("IPV6_V6ONLY", value, 1);
  client = socket(AF_INET6, SOCK_STREAM, 0);
  check(!connect(client, (void *)&address, sizeof address) && accept(six, NULL, NULL) >= 0, "no new connection of IPv6");
  return 0;
}
