#!/bin/bash
# launch.sh NAME IMAGE DIR: clone (an overlay over IMAGE) and lxc-start, as one would by hand. Prints microseconds.
set -e
name=$1; image=$2; dir=$3; from=${EPOCHREALTIME/./}
mkdir -p "$dir/$name/upper" "$dir/$name/work" "$dir/$name/rootfs"
chown 1000000:1000000 "$dir/$name/upper"
mount -t overlay overlay -o "lowerdir=$image,upperdir=$dir/$name/upper,workdir=$dir/$name/work" "$dir/$name/rootfs"
sed "s|@NAME@|$name|g; s|@ROOT@|$dir/$name/rootfs|" "$dir/template" > "$dir/$name/config"
lxc-start -n "$name" -P "$dir"
to=${EPOCHREALTIME/./}
echo $((to - from))
