#!/bin/bash
# hold.sh arm|release|off, at the target: frames for the guest's MAC that come in while it is not there yet are kept, in order,
# behind an empty token bucket, and handed on at `release`, so that the peer need not wait for its retransmission timer.
set -e
udp() { head -c "$1" /dev/zero > /dev/udp/192.0.2.2/9; } # a frame that the ifb drops: empties the bucket, or wakes the queue
case $1 in
arm)
  ip link add hold0 type ifb; ip addr add 192.0.2.1/30 dev hold0; ip link set hold0 up
  tc qdisc add dev hold0 root tbf rate 8bit burst 1600 limit 8mb; udp 1450; udp 60
  tc qdisc add dev up0 handle ffff: ingress
  tc filter add dev up0 parent ffff: protocol all u32 match ether dst "$MAC" action mirred egress redirect dev hold0 ;;
release)
  bridge fdb replace "$MAC" dev "$VETH" master dynamic # learnt on the uplink meanwhile: held frames would go nowhere
  tc qdisc change dev hold0 root tbf rate 10gbit burst 1mb limit 8mb; udp 1 ;;
off) tc qdisc del dev up0 handle ffff: ingress; ip link del hold0 ;;
esac
