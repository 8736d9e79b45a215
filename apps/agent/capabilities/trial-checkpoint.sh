#!/bin/sh
# trial-checkpoint.sh: dumps a process with a listening socket, kills it and brings it back, in a net namespace of its own.
# The last line says what was seen; status 0: it works. CRIU 4.1.1 fails at just this on kernels from 6.16 on.
d=$(mktemp -d) && cd "$d" || exit 1
pid=
trap '[ -z "$pid" ] || kill -9 "$pid" 2>/dev/null; rm -rf "$d"' EXIT
ip link set lo up
setsid busybox httpd -f -p 127.0.0.1:80 -h "$d" </dev/null >/dev/null 2>&1 &
pid=$!
sleep 0.2
for action in dump restore; do
  case $action in dump) set -- -t "$pid" ;; restore) set -- -d ;; esac
  criu $action "$@" -D "$d" -o $action.log --network-lock skip && continue
  grep Error $action.log | tail -n 1
  exit 1
done
kill -0 "$pid" && echo "a process with a listening socket was dumped and restored"
