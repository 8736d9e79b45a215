#!/bin/bash
# move.sh SOURCE TARGET GUEST: one live move by hand. The source dumps; its post-dump script has the target restore and takes
# its answer. Environment: SHARED (h1.holder, h2.holder, img on a tmpfs, run), MAC, ADDRESS, VETH; LAZY=1: pages are mapped in
# after the restore, from the same images.
set -euo pipefail
source=$1 target=$2 guest=$3 scripts=$(cd "$(dirname "$0")" && pwd)
on() { local pid; pid=$(cat "$SHARED/$1.holder"); shift; nsenter -t "$pid" -m -n -- env PATH=/floor:/usr/sbin:/usr/bin:/sbin:/bin "$@"; }
images=$SHARED/img/checkpoint
rm -rf "$images" "$SHARED/run"; mkdir -p "$images" "$SHARED/run"
(
  while [ ! -e "$SHARED/run/go" ]; do [ ! -e "$SHARED/run/over" ] || exit 0; sleep 0.002; done
  if [ -n "${LAZY:-}" ]; then
    on "$target" /usr/sbin/criu lazy-pages -D "$images" -W "$images" -o "$SHARED/lazy.log" & lazy=$!
    until [ -S "$images/lazy-pages.socket" ]; do kill -0 $lazy; sleep 0.002; done
  fi
  on "$target" env ROLE=target lxc-checkpoint -n "$guest" -P "$SHARED/$target-lxc" -r -D "$images" >"$SHARED/restore.out" 2>&1 && rc=0 || rc=$?
  echo $rc > "$SHARED/run/answer.new"; mv "$SHARED/run/answer.new" "$SHARED/run/answer"
  wait # all pages mapped
) & waiter=$!
on "$target" /floor/hold.sh arm
nsenter -t "$(cat "$SHARED/$target.holder")" -n -- perl "$scripts/attract.pl" "$SHARED/run/cut" "$MAC" "$ADDRESS" & attract=$!
sleep 0.1
on "$source" env ROLE=source lxc-checkpoint -n "$guest" -P "$SHARED/$source-lxc" -s -D "$images" >"$SHARED/dump.out" 2>&1 && rc=0 || rc=$?
touch "$SHARED/run/over" "$SHARED/run/cut"; wait $waiter $attract || true
on "$target" /floor/hold.sh off
if [ $rc = 0 ]; then
  on "$source" ip link del "$VETH" 2>/dev/null || true # the killed guest's network namespace goes only later, its veth with it
else
  grep -h Error "$images"/*.log | tail -5 >&2 || true
fi
rm -rf "$images"; exit $rc
