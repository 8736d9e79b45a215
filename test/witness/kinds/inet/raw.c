#include "witness.h"
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

int main(void) {
  int raw = socket(AF_INET, SOCK_RAW, IPPROTO_ICMP), header = socket(AF_INET, SOCK_RAW, IPPROTO_RAW), value = 0, on = 1;
  socklen_t length = sizeof value;
  must(raw >= 0 && header >= 0 && !setsockopt(raw, IPPROTO_IP, IP_HDRINCL, &on, sizeof on));
  uint32_t filter[1] = {~(1u << 8)};
  must(!setsockopt(raw, 255, 1, filter, sizeof filter)); /* SOL_RAW, ICMP_FILTER: echo requests alone */
  ready();
  must(!getsockopt(raw, IPPROTO_IP, IP_HDRINCL, &value, &length));
  same("IP_HDRINCL", value, 1);
  must(!getsockopt(raw, SOL_SOCKET, SO_PROTOCOL, &value, &length));
  same("protocol", value, IPPROTO_ICMP);
  uint32_t now[1] = {0};
  length = sizeof now;
  must(!getsockopt(raw, 255, 1, now, &length));
  same("its filter", now[0], filter[0]);
  return 0;
}
