#!/bin/sh
# LXC's mount hook for migration.stateful=true. Run as the guest's root, in its mount namespace, before its init: /run becomes
# the tmpfs that systemd would make (it leaves one that is there), with the settings that keep CRIU able to dump its services.
set -e
case "$(readlink "$LXC_ROOTFS_MOUNT/sbin/init")" in */systemd) ;; *) exit 0 ;; esac
run=$LXC_ROOTFS_MOUNT/run
# A watched link is not found again by CRIU on btrfs; without this one the time is UTC too (localtime(5)).
zone=$LXC_ROOTFS_MOUNT/etc/localtime
if [ "$(stat -f -c %T "$LXC_ROOTFS_MOUNT")" = btrfs ]; then
  case "$(readlink "$zone")" in */UTC) rm "$zone" ;; esac
fi
[ -d "$run" ] && [ ! -L "$run" ] || exit 0
mount -t tmpfs -o mode=755,nosuid,nodev tmpfs "$run"
mkdir -p "$run/systemd/system"
cp -dR "${0%/*}/migratable/." "$run/systemd/system"
ln -s /dev/null "$run/systemd/system/dev-hugepages.mount" # a hugetlbfs, mounted where the instance is privileged
