#!/bin/bash
# CRIU's action script of both ends of a move by hand. At the source's post-dump the target restores; its answer is the switch.
set -e # a failing step must fail the restore
exec >>"$SHARED/action.log" 2>&1
echo "$(date +%T.%N) $ROLE $CRTOOLS_SCRIPT_ACTION pid=${CRTOOLS_INIT_PID:-}"
pid=${CRTOOLS_INIT_PID:-}; in="nsenter --net=/proc/$pid/ns/net"
case $ROLE:$CRTOOLS_SCRIPT_ACTION in
source:network-lock) ip link set "$VETH" down; touch "$SHARED/run/cut" ;;
source:network-unlock) ip link set "$VETH" up; $in busybox arping -q -c1 -w1 -U -I eth0 "$ADDRESS" & ;;
source:post-dump)
  touch "$SHARED/run/go"
  while [ ! -e "$SHARED/run/answer" ]; do sleep 0.002; done
  exit "$(cat "$SHARED/run/answer")" ;;
target:post-setup-namespaces)
  $in nft 'add table inet restore; add chain inet restore in { type filter hook prerouting priority -400; policy drop; }; add chain inet restore out { type filter hook output priority -400; policy drop; }'
  ip link add "$VETH" type veth peer name eth0 address "$MAC" netns "$pid"
  $in ip link set lo up; $in ip addr add "$ADDRESS/24" dev eth0; $in ip link set eth0 up ;;
target:network-unlock)
  $in nft delete table inet restore
  /floor/hold.sh release
  $in busybox arping -q -c1 -w1 -U -I eth0 "$ADDRESS" & ;;
esac
exit 0
