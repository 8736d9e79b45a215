import { join } from 'node:path';
import { archive, unpack } from './archive.js';
import { dhcpSettings } from './dhcp-settings.js';
import { addPackages, putFiles } from './debian-root.js';

/** What Ubuntu's images for LXC have and Debian's do not, as far as Debian's archive has it. */
const packages = [
  ...['systemd-resolved', 'libnss-resolve', 'libpam-systemd', 'polkitd', 'udev', 'rsyslog', 'cron', 'logrotate'],
  ...['openssh-server', 'kmod', 'sudo'],
];

const files = {
  // What netplan writes for its `dhcp4: true`.
  'etc/systemd/network/10-netplan-eth0.network': `[Match]
Name=eth0

[Network]
DHCP=ipv4
LinkLocalAddressing=ipv6

[DHCP]
RouteMetric=100
UseMTU=true
`,
  // In place of cloud-init, which needs Python: what it does at the first boot, before and after the network.
  'usr/local/sbin/first-boot': `#!/bin/sh
set -e
mkdir -p /run/cloud-init /var/lib/cloud/instance
ssh-keygen -A >/dev/null
hostname >/var/lib/cloud/instance/hostname
cut -d' ' -f1 /proc/uptime >/run/cloud-init/result
`,
  'etc/systemd/system/first-boot.service': `[Unit]
Description=Settles the instance at its first start
Before=ssh.service
ConditionPathExists=!/var/lib/cloud/instance/hostname

[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=/usr/local/sbin/first-boot
`,
  'etc/systemd/system/refresh.timer': `[Unit]
Description=Unattended work

[Timer]
OnBootSec=5
OnUnitActiveSec=10

[Install]
WantedBy=timers.target
`,
  'etc/systemd/system/refresh.service': `[Service]
Type=oneshot
DynamicUser=yes
ExecStart=/bin/true
`,
};

const wants = 'etc/systemd/system/multi-user.target.wants';
const links = {
  // networkd asks DHCP and tells resolved, so the other client is masked.
  [dhcpSettings.unit]: '/dev/null',
  'etc/resolv.conf': '../run/systemd/resolve/stub-resolv.conf',
  [`${wants}/systemd-networkd.service`]: '/lib/systemd/system/systemd-networkd.service',
  [`${wants}/first-boot.service`]: '../first-boot.service',
  'etc/systemd/system/sockets.target.wants/systemd-networkd.socket': '/lib/systemd/system/systemd-networkd.socket',
  'etc/systemd/system/timers.target.wants/refresh.timer': '../refresh.timer',
};

/** What the image is made from; a change makes a new one. */
export const ubuntuRecipe = { version: 2, packages, files, links };

/** Makes `ubuntu.tar.gz` in `directory`: a systemd guest like Ubuntu's, from the stock Debian's archive. */
export async function buildUbuntu(directory: string, stock: string, logFile: string): Promise<void> {
  const root = join(directory, 'root');
  await unpack(stock, root);
  await addPackages(root, packages, logFile);
  await putFiles(root, ubuntuRecipe);
  await archive(root, join(directory, 'ubuntu.tar.gz'));
}
