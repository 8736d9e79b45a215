import { join } from 'node:path';
import { suites } from './debian-root.js';
import { extend } from './extend.js';
import { networkdLinks } from './networkd.js';

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

const links = {
  ...networkdLinks,
  'etc/systemd/system/multi-user.target.wants/first-boot.service': '../first-boot.service',
  'etc/systemd/system/timers.target.wants/refresh.timer': '../refresh.timer',
};

/** What the image is made from; a change makes a new one. */
export const ubuntuRecipe = { version: 2, suite: suites.debian12, packages, files, links };

/** The same for Ubuntu 24.04: a later systemd, and a socket unit that starts sshd. */
export const ubuntu2404Recipe = {
  ...{ version: 1, suite: suites.debian13, packages: [...packages, 'systemd-timesyncd'], files },
  links: { ...links, 'etc/systemd/system/sockets.target.wants/ssh.socket': '/usr/lib/systemd/system/ssh.socket' },
};

/** Makes `ubuntu.tar.gz` in `directory`: a systemd guest like Ubuntu's, from the stock Debian's archive. */
export const buildUbuntu = (directory: string, stock: string, logFile: string): Promise<void> =>
  extend(stock, ubuntuRecipe, join(directory, 'ubuntu.tar.gz'), logFile);

/** Makes `ubuntu2404.tar.gz` in `directory`: a systemd guest like Ubuntu 24.04's, from the Debian 13's archive. */
export const buildUbuntu2404 = (directory: string, debian13: string, logFile: string): Promise<void> =>
  extend(debian13, ubuntu2404Recipe, join(directory, 'ubuntu2404.tar.gz'), logFile);
