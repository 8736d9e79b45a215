#include "witness.h"
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

/* Connections that are made, and not accepted yet, with data. */
int main(void) {
  struct tcp pair = tcp_pair();
  struct sockaddr_in to = {AF_INET, htons(pair.port), {htonl(INADDR_LOOPBACK)}, {0}};
  int client = socket(AF_INET, SOCK_STREAM, 0);
  must(!connect(client, (void *)&to, sizeof to) && write(client, "early", 5) == 5);
  fcntl(pair.listener, F_SETFL, O_NONBLOCK);
  ready();
  int server = accept(pair.listener, NULL, NULL);
  char text[8];
  check(server >= 0, "the connection does not wait any more");
  if (server >= 0) same("what it had sent", read(server, text, 8), 5);
  return 0;
}
