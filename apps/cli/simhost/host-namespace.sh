#!/bin/bash
# host-namespace.sh STATE BASE AGENT_STATE REPOSITORY SHARED: becomes the process that holds a simulated host's mount namespace
# (it runs in the host's net namespace already): an overlay over the prepared root, pivoted into.
set -eu
s=$1 base=$2 agent=$3 repository=$4 shared=$5 R=$1/root
mkdir -p "$s/upper" "$s/work" "$R"
mount -t overlay overlay -o "lowerdir=$base,upperdir=$s/upper,workdir=$s/work,index=off" "$R"
mount -t proc proc "$R/proc"
mount -t sysfs sysfs "$R/sys"
mount --rbind /sys/fs/cgroup "$R/sys/fs/cgroup"
mount --rbind /dev "$R/dev"
mount -t tmpfs -o mode=755 tmpfs "$R/run" # CRIU keeps its cache of kernel features only on a tmpfs
mount -t tmpfs tmpfs "$R/tmp"
mkdir -p "$R/opt/lxstack" "$R/var/lib/lxstack-agent" "$R/var/lib/lxstack-shared" "$R/oldroot"
mount --bind "$agent" "$R/var/lib/lxstack-agent"
mount --bind "$shared" "$R/var/lib/lxstack-shared" # what hosts of one storage pool mount from a server
mount --bind "$repository" "$R/opt/lxstack"
# node_modules of a work tree may be a link to another place
if [ -L "$repository/node_modules" ]; then
  target=$(readlink -f "$repository/node_modules")
  mkdir -p "$R$target" && mount --bind "$target" "$R$target"
fi
cd "$R"
pivot_root . oldroot
umount -l /oldroot
echo ready
exec sleep infinity
