#!/bin/bash
# host.sh NETNS DIR BASE SHARED: makes a bare host by hand (a network namespace that exists, a mount namespace pivoted into an
# overlay over BASE) and stays in it as the process that holds it. SHARED is seen inside under the same
# path (the holder's pid is in SHARED/NAME.holder), these scripts under /floor.
set -eu
ns=$1; dir=$2; base=$3; shared=$4; scripts=$(cd "$(dirname "$0")" && pwd)
mkdir -p "$dir"
exec nsenter --net="/run/netns/$ns" unshare -m --propagation private bash -c '
  set -e
  dir=$1 base=$2 shared=$3 scripts=$4 root=$1/root
  mkdir -p $dir/upper $dir/work $root
  mount -t overlay overlay -o lowerdir=$base,upperdir=$dir/upper,workdir=$dir/work,index=off $root
  mount -t proc proc $root/proc; mount -t sysfs sysfs $root/sys
  mount --rbind /sys/fs/cgroup $root/sys/fs/cgroup; mount --rbind /dev $root/dev
  mount -t tmpfs tmpfs $root/run # CRIU keeps its cache of kernel features only on a tmpfs
  mkdir -p $root$shared $root/floor; mount --rbind $shared $root$shared; mount --bind $scripts $root/floor
  cd $root; mkdir -p oldroot; pivot_root . oldroot; umount -l /oldroot
  echo $$ > $shared/new.holder; mv $shared/new.holder $shared/$(basename $dir).holder
  exec sleep infinity' _ "$dir" "$base" "$shared" "$scripts"
