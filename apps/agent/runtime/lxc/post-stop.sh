#!/bin/sh
# post-stop.sh DIRECTORY NAME …: leaves a file for the agent, which watches DIRECTORY and may be away: `stop` or `reboot`.
# LXC tells by LXC_TARGET, but of what CRIU restored it does not: there the dead init, not yet reaped by its monitor,
# shows in its exit status that it was ended by reboot(2) for a restart (SIGHUP, kernel/pid_namespace.c).
target=${LXC_TARGET:-stop}
parent=$PPID
for level in 1 2; do
  [ "$parent" != 1 ] || break # the host's init: all that was left alone is its child
  read -r children < "/proc/$parent/task/$parent/children"
  for child in $children; do
    read -r stat < "/proc/$child/stat" || continue
    case ${stat##*) } in 'Z '*' 1') target=reboot ;; esac
  done
  read -r stat < "/proc/$parent/stat" && set -- "$1" "$2" ${stat##*) } && parent=$4
done
echo "$target" > "$1/$2"
