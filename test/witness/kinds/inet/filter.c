#include "witness.h"
#include <linux/filter.h>
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

/* A classic BPF filter of a socket: it goes on filtering. */
int main(void) {
  struct sock_filter code[] = {
    BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 8), /* first byte behind the UDP header */
    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 'y', 0, 1), BPF_STMT(BPF_RET | BPF_K, 0xffff), BPF_STMT(BPF_RET | BPF_K, 0)};
  struct sock_fprog program = {4, code};
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  int server = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0), client = socket(AF_INET, SOCK_DGRAM, 0);
  socklen_t length = sizeof address;
  char text[8];
  must(!bind(server, (void *)&address, length) && !getsockname(server, (void *)&address, &length));
  must(!setsockopt(server, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof program));
  ready();
  must(sendto(client, "no", 2, 0, (void *)&address, length) == 2 && sendto(client, "yes", 3, 0, (void *)&address, length) == 3);
  comes("what may pass", server, POLLIN);
  same("length of what passes", read(server, text, 8), 3);
  return 0;
}
