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
# Later releases' settings, where this systemd knows them: an older one would complain of them in every unit.
set -- "$LXC_ROOTFS_MOUNT"/usr/lib*/systemd/libsystemd-core-*.so "$LXC_ROOTFS_MOUNT"/usr/lib/*/systemd/libsystemd-core-*.so
for setting in ImportCredential= PrivatePIDs=no; do
  ! grep --devices=skip -qsaF "Service.${setting%=*}" "$@" || echo "$setting" >>"$run/systemd/system/service.d/zz-migratable.conf"
done
# A service's /tmp on a tmpfs of its own, whose root is mounted nowhere, becomes a directory of the instance's.
for place in etc usr/local/lib usr/lib; do
  set -- "$LXC_ROOTFS_MOUNT/$place/systemd/system"
  grep --devices=skip -lsx 'PrivateTmp=disconnected' "$1"/*.service "$1"/*.service.d/*.conf || :
done | while read -r file; do
  unit=${file#*/systemd/system/}
  unit=${unit%%/*}
  unit=$run/systemd/system/${unit%.d}.d
  mkdir -p "$unit"
  printf '[Service]\nPrivateTmp=yes\n' >"$unit/zz-migratable-tmp.conf"
done
ln -s /dev/null "$run/systemd/system/dev-hugepages.mount" # a hugetlbfs, mounted where the instance is privileged
