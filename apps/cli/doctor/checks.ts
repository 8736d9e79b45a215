import type { Finding } from './check.js';

/** A check of a host: a fixed script. Its status says whether the thing is present, its last line what it saw. */
export interface Check extends Pick<Finding, 'what' | 'advice' | 'optional'> {
  script: string;
}

// Dumps a process with a listening socket, kills and restores it: CRIU 4.1.1 fails at that on kernels from 6.16 on.
const trial = `
d=$(mktemp -d) && cd "$d" || exit 1
pid=
trap '[ -z "$pid" ] || kill -9 "$pid" 2>/dev/null; rm -rf "$d"' EXIT
setsid busybox httpd -f -p 127.0.0.1:0 -h "$d" </dev/null >/dev/null 2>&1 &
sleep 0.2
pid=$!
criu dump -t "$pid" -D "$d" -o dump.log --network-lock skip || { grep -v 'FAILED' dump.log | grep Error | tail -n 1; exit 1; }
criu restore -d -D "$d" -o restore.log --network-lock skip || { grep -v 'FAILED' restore.log | grep Error | tail -n 1; exit 1; }
kill -0 "$pid" && echo "a process with a listening socket was dumped and restored"`;

const cgroups = `
if [ -e /sys/fs/cgroup/cgroup.controllers ]; then kind=v2; have=$(cat /sys/fs/cgroup/cgroup.controllers)
else kind=v1; [ ! -d /sys/fs/cgroup/unified ] || kind=hybrid; have=$(awk 'NR > 1 && $4 == 1 {print $1}' /proc/cgroups | tr '\\n' ' '); fi
echo "$kind: $have"
for c in memory cpu pids; do case " $have " in *" $c "*) ;; *) exit 1;; esac; done`;

const trialLink = (type: string) => `
name=lxdoc$$
ip link add "$name" type ${type} && ip link del "$name" && echo "a link of the kind was made and removed"`;

// As the agent finds it (apps/agent/network/filters/find-tracking.ts), without loading anything.
const trackingTrial = `
if [ -e /proc/sys/net/bridge/bridge-nf-call-iptables ] || modprobe -n br_netfilter 2>/dev/null; then echo br_netfilter; exit 0; fi
modprobe -n nf_conntrack_bridge && echo nf_conntrack_bridge`;

/** Everything that a host needs, in the order in which an operator would look. */
export const checks: readonly Check[] = [
  {
    what: 'LXC',
    script: 'lxc-start --version',
    advice: 'apt-get install lxc (6.0 or newer, Debian 13 has it)',
    optional: false,
  },
  {
    what: 'CRIU',
    script: `v=$(criu --version | sed -n 's/^Version: //p'); echo "$v"
[ -n "$v" ] && [ "$(printf '%s\\n' 4.2.1 "$v" | sort -V | head -n 1)" = 4.2.1 ]`,
    advice: 'install CRIU 4.2.1 or newer (Debian testing has it); without it there are no live moves',
    optional: true,
  },
  {
    what: 'CRIU trial',
    script: trial,
    advice: 'CRIU does not work with this kernel: live moves are refused, cold ones work',
    optional: true,
  },
  { what: 'cgroups', script: cgroups, advice: 'enable the controllers memory, cpu and pids', optional: false },
  {
    what: 'user namespaces',
    script: 'unshare -U true && echo "max $(cat /proc/sys/user/max_user_namespaces)"',
    advice: 'sysctl user.max_user_namespaces=65536',
    optional: false,
  },
  {
    what: 'inotify instances',
    script: 'v=$(cat /proc/sys/fs/inotify/max_user_instances); echo "$v for each user"; [ "$v" -ge 1024 ]',
    advice: 'sysctl fs.inotify.max_user_instances=1048576 (the agent does it at its start): systemd guests share it',
    optional: true,
  },
  {
    what: 'subordinate ids',
    script: 'grep -m1 ^root: /etc/subuid && grep -q ^root: /etc/subgid',
    advice: "root needs no entry for LXC's own use; for others: echo root:1000000:65536 >>/etc/subuid and /etc/subgid",
    optional: true,
  },
  {
    what: 'nftables',
    script: 't=lxdoc$$; nft add table inet "$t" && nft delete table inet "$t" && nft --version',
    advice: 'apt-get install nftables; the kernel needs nf_tables',
    optional: false,
  },
  {
    what: 'VXLAN',
    script: trialLink('vxlan id 16777000 dstport 0'),
    advice: 'modprobe vxlan',
    optional: false,
  },
  { what: 'bridge', script: trialLink('bridge'), advice: 'modprobe bridge', optional: false },
  {
    what: 'tracking of bridges',
    script: trackingTrial,
    advice:
      'modprobe br_netfilter (or nf_conntrack_bridge); without it this host takes no port that security groups close',
    optional: true,
  },
  {
    what: 'overlay',
    script: "grep -w overlay /proc/filesystems || modprobe -n overlay && echo 'known to the kernel'",
    advice: 'modprobe overlay; without it every instance is a full copy of its image',
    optional: true,
  },
  {
    what: 'find and attr',
    script: 'printf /dev/null | find -files0-from - >/dev/null && find --version | head -n 1 && command -v setfattr',
    advice: 'apt-get install attr, and findutils 4.9 or newer: moves of disks use them',
    optional: true,
  },
  {
    what: 'project quotas',
    script: 'command -v setquota && command -v chattr',
    advice: 'apt-get install quota; only hosts that limit disks on ext4 or XFS (mounted with prjquota) need it',
    optional: true,
  },
  {
    what: 'btrfs',
    script: '{ grep -qw btrfs /proc/filesystems || modprobe -n btrfs; } && btrfs --version | head -n 1',
    advice: 'apt-get install btrfs-progs; only hosts that keep instances on btrfs need it',
    optional: true,
  },
];
