import { join } from 'node:path';
import { archive } from './archive.js';
import { dhcpSettings } from './dhcp-settings.js';
import { echo, makeDebianRoot, suites, unneeded } from './debian-root.js';

/** Has no terminals, as a container has none. SIGPWR stops and SIGINT restarts the guest: the agent sends these. */
const inittab = `id:2:initdefault:
si::sysinit:/etc/init.d/rcS
l0:0:wait:/etc/init.d/rc 0
l2:2:wait:/etc/init.d/rc 2
l6:6:wait:/etc/init.d/rc 6
ca:12345:ctrlaltdel:/sbin/shutdown -r now
pf::powerwait:/sbin/shutdown -h now
dn:2:once:/usr/local/sbin/dhcp-settings
ec:2:respawn:/usr/bin/perl /usr/local/sbin/echo.pl
`;

const files = {
  'etc/inittab': inittab,
  'usr/local/sbin/echo.pl': `${echo}\n`,
  [dhcpSettings.path]: dhcpSettings.script,
};
const packages = [
  'sysvinit-core',
  'sysv-rc',
  'initscripts',
  'iproute2',
  'procps',
  'perl-base',
  ...dhcpSettings.packages,
];

/** What the image is made from; a change makes a new one. */
export const sysvinitRecipe = { version: 2, suite: suites.debian12, packages, files, links: {}, unneeded };

/** Makes `sysvinit.tar.gz` in `directory`: Debian 12 with sysvinit as init. */
export async function buildSysvinit(directory: string, logFile: string): Promise<void> {
  const root = join(directory, 'root');
  await makeDebianRoot(root, sysvinitRecipe, logFile);
  await archive(root, join(directory, 'sysvinit.tar.gz'));
}
