import { join } from 'node:path';
import { suites } from './debian-root.js';
import { extend } from './extend.js';
import { networkdLinks } from './networkd.js';

/** The services that Fedora's images start, as far as Debian's archive has them. */
const packages = [
  ...['dbus-broker', 'systemd-userdbd', 'systemd-oomd', 'systemd-resolved', 'libnss-resolve', 'libnss-systemd'],
  ...['cron', 'openssh-server', 'polkitd', 'udev', 'kmod', 'sudo'],
];

const files = {
  'etc/systemd/network/80-wired.network': `[Match]
Name=eth0

[Network]
DHCP=ipv4
`,
  'etc/systemd/oomd.conf.d/fedora.conf': `[OOM]
SwapUsedLimit=90%
`,
  'etc/systemd/system/system.slice.d/10-oomd-per-slice-defaults.conf': `[Slice]
ManagedOOMMemoryPressure=kill
ManagedOOMMemoryPressureLimit=80%
`,
  // As Fedora hardens what it ships, with what systemd has had since: PrivatePIDs= of 257, an instance's worth of sandboxes.
  'etc/systemd/system/hardened.service': `[Unit]
Description=A service with all that keeps it apart

[Service]
ExecStart=/usr/bin/perl -e 'sleep while 1'
DynamicUser=yes
StateDirectory=hardened
ImportCredential=hardened.*
SetCredential=hardened.key:secret
MemoryPressureWatch=on
CapabilityBoundingSet=
DevicePolicy=closed
KeyringMode=private
LockPersonality=yes
MemoryDenyWriteExecute=yes
NoNewPrivileges=yes
PrivateDevices=yes
PrivateIPC=yes
PrivateMounts=yes
PrivateNetwork=yes
PrivatePIDs=yes
PrivateTmp=yes
PrivateUsers=yes
ProcSubset=pid
ProtectClock=yes
ProtectControlGroups=yes
ProtectHome=yes
ProtectHostname=yes
ProtectKernelLogs=yes
ProtectKernelModules=yes
ProtectKernelTunables=yes
ProtectProc=invisible
ProtectSystem=strict
RestrictAddressFamilies=AF_UNIX AF_INET
RestrictNamespaces=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
SystemCallFilter=@system-service
UMask=0077

[Install]
WantedBy=multi-user.target
`,
  // As dnf-makecache: what comes and goes beside a move.
  'etc/systemd/system/makecache.timer': `[Unit]
Description=Fetches lists of packages

[Timer]
OnBootSec=5
OnUnitActiveSec=10

[Install]
WantedBy=timers.target
`,
  'etc/systemd/system/makecache.service': `[Service]
Type=oneshot
Nice=19
IOSchedulingClass=best-effort
DynamicUser=yes
ProtectSystem=strict
ImportCredential=makecache.*
ExecStart=/bin/true
`,
};

const units = '/usr/lib/systemd/system';
const links = {
  ...networkdLinks,
  'etc/systemd/system/dbus.service': `${units}/dbus-broker.service`,
  'etc/systemd/system/multi-user.target.wants/hardened.service': '../hardened.service',
  'etc/systemd/system/timers.target.wants/makecache.timer': '../makecache.timer',
  'etc/systemd/system/sockets.target.wants/systemd-userdbd.socket': `${units}/systemd-userdbd.socket`,
  'etc/systemd/system/multi-user.target.wants/systemd-oomd.service': `${units}/systemd-oomd.service`,
};

/** What the image is made from; a change makes a new one. */
export const fedora41Recipe = { version: 1, suite: suites.debian13, packages, files, links };

/** Makes `fedora41.tar.gz` in `directory`: a systemd guest like Fedora 41's, from the Debian 13's archive. */
export const buildFedora41 = (directory: string, debian13: string, logFile: string): Promise<void> =>
  extend(debian13, fedora41Recipe, join(directory, 'fedora41.tar.gz'), logFile);
