#include "witness.h"
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

/* A packet socket that makes its device promiscuous, as tcpdump does. */
int main(void) {
  int packet = socket(AF_PACKET, SOCK_RAW, htons(ETH_P_ALL));
  struct packet_mreq member = {.mr_ifindex = if_nametoindex("eth0"), .mr_type = PACKET_MR_PROMISC};
  must(packet >= 0 && !setsockopt(packet, SOL_PACKET, PACKET_ADD_MEMBERSHIP, &member, sizeof member));
  ready();
  check(!setsockopt(packet, SOL_PACKET, PACKET_DROP_MEMBERSHIP, &member, sizeof member), "it is no member any more");
  return 0;
}
