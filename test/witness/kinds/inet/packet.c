#include "witness.h"
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

/* A packet socket of a device, as DHCP clients have it. */
int main(void) {
  int packet = socket(AF_PACKET, SOCK_DGRAM, htons(ETH_P_ALL)), value = 0, version = TPACKET_V2;
  struct sockaddr_ll address = {.sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_ALL), .sll_ifindex = if_nametoindex("lo")};
  socklen_t length = sizeof value;
  must(packet >= 0 && !bind(packet, (void *)&address, sizeof address));
  must(!setsockopt(packet, SOL_PACKET, PACKET_VERSION, &version, sizeof version));
  ready();
  must(!getsockopt(packet, SOL_PACKET, PACKET_VERSION, &value, &length));
  same("PACKET_VERSION", value, version);
  int client = socket(AF_INET, SOCK_DGRAM, 0);
  struct sockaddr_in to = {AF_INET, htons(9), {htonl(INADDR_LOOPBACK)}, {0}};
  char text[2048];
  while (recv(packet, text, sizeof text, MSG_DONTWAIT) > 0) continue;
  must(sendto(client, "heard", 5, 0, (void *)&to, sizeof to) == 5);
  comes("what goes over the device", packet, POLLIN);
  return 0;
}
