#!/bin/bash
# criu-alone.sh HOST GUEST: dumps a guest and restores it on the same host, images on a tmpfs, no network, nothing in between.
# Leaves CRIU's stats-dump and stats-restore in $SHARED/img/alone. Environment: SHARED (HOST.holder, HOST-lxc, img).
set -euo pipefail
host=$1 guest=$2 images=$SHARED/img/alone
on() { nsenter -t "$(cat "$SHARED/$host.holder")" -m -n -- env ALONE=1 PATH=/floor:/usr/sbin:/usr/bin:/sbin:/bin "$@"; }
rm -rf "$images"; mkdir -p "$images"
on lxc-checkpoint -n "$guest" -P "$SHARED/$host-lxc" -s -D "$images" >"$SHARED/alone.out" 2>&1 ||
  { grep -h Error "$images"/*.log >&2; exit 1; }
on lxc-checkpoint -n "$guest" -P "$SHARED/$host-lxc" -r -D "$images" >"$SHARED/alone.out" 2>&1 ||
  { grep -h Error "$images"/*.log >&2; exit 1; }
