import { lstatSync, readFileSync, readdirSync } from 'node:fs';
import { rm, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { archive, unpack } from './archive.js';
import { dhcpSettings } from './dhcp-settings.js';
import { echo, makeDebianRoot, suite, unneeded } from './debian-root.js';

/** What a stock Debian has not: CRIU can dump neither the namespaces that these make nor the ramfs of credentials. */
const migratable = fileURLToPath(new URL('../../../../apps/agent/runtime/lxc/migratable', import.meta.url));
const dropIn = 'service.d/zz-migratable.conf';
const inSystem = (path: string) => `etc/systemd/system/${path}`;
const masks = readdirSync(migratable).filter((name) => lstatSync(join(migratable, name)).isSymbolicLink());
const prepared = { dropIn: inSystem(dropIn), masks: masks.sort().map(inSystem) };

const files = {
  'etc/systemd/system/echo.service': `[Unit]
Description=Echo on TCP port 7

[Service]
ExecStart=/usr/bin/perl -e '${echo.replaceAll('$', '$$$$')}'
Restart=always

[Install]
WantedBy=multi-user.target
`,
  [dhcpSettings.path]: dhcpSettings.script,
  [dhcpSettings.unit]: dhcpSettings.service,
  [prepared.dropIn]: readFileSync(join(migratable, dropIn), 'utf8'),
};

const links = {
  'etc/systemd/system/multi-user.target.wants/echo.service': '../echo.service',
  'etc/systemd/system/multi-user.target.wants/dhcp-settings.service': '../dhcp-settings.service',
  ...Object.fromEntries(prepared.masks.map((path) => [path, '/dev/null'])),
};

const packages = ['systemd-sysv', 'dbus', 'iproute2', 'procps', 'perl-base', ...dhcpSettings.packages];

/** systemd watches it, and CRIU cannot find a watched link again on btrfs. Without it the time is UTC, as with it. */
const zone = { link: 'etc/localtime', target: '/usr/share/zoneinfo/Etc/UTC' };

export const debianRecipe = { version: 3, suite, packages, files, links, unneeded, without: zone.link };
export const stockRecipe = { version: 2, from: debianRecipe, without: prepared, zone };

/** Debian 12 with systemd as init, made ready for live moves: `debian.tar.gz` in `directory`. */
export async function buildDebian(directory: string, logFile: string): Promise<void> {
  const root = join(directory, 'root');
  await makeDebianRoot(root, debianRecipe, logFile);
  await rm(join(root, zone.link));
  await archive(root, join(directory, 'debian.tar.gz'));
}

/** The same Debian as it comes, from the archive of the prepared one: `stock.tar.gz` in `directory`. */
export async function buildStock(directory: string, debian: string): Promise<void> {
  const root = join(directory, 'root');
  await unpack(debian, root);
  for (const path of [prepared.dropIn, ...prepared.masks]) await rm(join(root, path));
  await symlink(zone.target, join(root, zone.link));
  await archive(root, join(directory, 'stock.tar.gz'));
}
