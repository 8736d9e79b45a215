#!/bin/bash
# system-container.sh boot DIRECTORY LOWER REPOSITORY NAMESPACE CGROUP: a system container that systemd is the first process of,
# in the network namespace NAMESPACE; its root is DIRECTORY/root, an overlay over LOWER, and the tree lies in /opt/lxstack.
# Boots again when it is rebooted, ends when it is halted or killed; DIRECTORY/pid holds the pid of its systemd as seen from here.
set -euo pipefail
stage=$1 work=$2 lower=$3 repository=$4 space=$5 cgroup=$6
self=$(readlink -f "$0") root=$work/root
again() { local next=$1; shift; exec "$@" bash "$self" "$next" "$work" "$lower" "$repository" "$space" "$cgroup"; }

node() { mknod -m 666 "$root/dev/$1" c "$2" "$3"; }
devices() {
  mount -t tmpfs -o mode=755 tmpfs "$root/dev"
  mkdir "$root"/dev/{pts,shm,net}
  mount -t devpts -o newinstance,ptmxmode=666,mode=620,gid=5 devpts "$root/dev/pts"
  ln -s pts/ptmx "$root/dev/ptmx"
  ln -s /proc/self/fd "$root/dev/fd"
  node null 1 3; node zero 1 5; node full 1 7; node random 1 8; node urandom 1 9; node tty 5 0; node fuse 10 229
  node net/tun 10 200
}

case $stage in
  boot)
    mkdir -p "$work"/{upper,overlay,root,state} "$cgroup"
    while :; do
      status=0
      bash -c 'exec nsenter --net="/run/netns/$1" -- unshare --mount --uts --ipc --pid --fork -- bash "${@:2}"' \
        - "$space" "$self" enter "$work" "$lower" "$repository" "$space" "$cgroup" || status=$?
      # Reboot in a pid namespace: its first process dies by SIGHUP (pid_namespaces(7)).
      [ $status = 129 ] || exit $status
    done
    ;;
  enter)
    # This /proc is still the one of outside.
    read -r pid _ </proc/self/stat
    echo "$pid" >"$work/pid"
    echo 0 >"$cgroup/cgroup.procs"
    again init unshare --cgroup --
    ;;
  init)
    mount -t overlay overlay -o "lowerdir=$lower,upperdir=$work/upper,workdir=$work/overlay,index=off" "$root"
    mount -t proc proc "$root/proc"
    mount -t sysfs sysfs "$root/sys"
    # Unified, as a Debian 13 has it, whatever this machine mounts.
    mount -t cgroup2 cgroup2 "$root/sys/fs/cgroup"
    devices
    for part in dist apps package.json node_modules; do
      from=$(readlink -f "$repository/$part") to=$root/opt/lxstack/$part
      mkdir -p "$root/opt/lxstack"
      if [ -d "$from" ]; then mkdir -p "$to"; else touch "$to"; fi
      mount --bind "$from" "$to"
      mount -o remount,bind,ro "$to"
    done
    mkdir -p "$root/var/lib/lxstack-agent" "$root/oldroot"
    mount --bind "$work/state" "$root/var/lib/lxstack-agent"
    cd "$root"
    pivot_root . oldroot
    umount -l /oldroot
    exec env -i container=lxc PATH=/usr/sbin:/usr/bin:/sbin:/bin /sbin/init </dev/null >/dev/null 2>&1
    ;;
esac
