import { lstatSync, readFileSync, readdirSync } from 'node:fs';
import { rm, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { archive, unpack } from './archive.js';
import { dhcpSettings } from './dhcp-settings.js';
import { echo, makeDebianRoot, suites, unneeded } from './debian-root.js';

/**
 * Drop-ins that a stock Debian lacks: without them, services have namespaces and a ramfs of credentials that CRIU
 * cannot dump.
 */
const migratable = fileURLToPath(new URL('../../../../apps/agent/runtime/lxc/migratable', import.meta.url));
const dropIn = 'service.d/zz-migratable.conf';
const inSystem = (path: string) => `etc/systemd/system/${path}`;
const masks = readdirSync(migratable).filter((name) => lstatSync(join(migratable, name)).isSymbolicLink());
const prepared = { dropIn: inSystem(dropIn), masks: masks.sort().map(inSystem) };

/** What every guest with systemd has of ours. */
const ownFiles = {
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
};
/** What starts it. */
const ownLinks = {
  'etc/systemd/system/multi-user.target.wants/echo.service': '../echo.service',
  'etc/systemd/system/multi-user.target.wants/dhcp-settings.service': '../dhcp-settings.service',
};

const files = { ...ownFiles, [prepared.dropIn]: readFileSync(join(migratable, dropIn), 'utf8') };
const links = { ...ownLinks, ...Object.fromEntries(prepared.masks.map((path) => [path, '/dev/null'])) };

const packages = ['systemd-sysv', 'dbus', 'iproute2', 'procps', 'perl-base', ...dhcpSettings.packages];

/**
 * systemd watches this link, and CRIU cannot find a watched link again on btrfs. The time is UTC with or without it.
 */
const zone = { link: 'etc/localtime', target: '/usr/share/zoneinfo/Etc/UTC' };

/** What the image is made from; a change makes a new one. */
export const debianRecipe = {
  version: 3,
  suite: suites.debian12,
  packages,
  files,
  links,
  unneeded,
  without: zone.link,
};
/** What the stock image is made from; a change makes a new one. */
export const stockRecipe = { version: 2, from: debianRecipe, without: prepared, zone };
/** What the Debian 13 image is made from; a change makes a new one. */
export const debian13Recipe = {
  ...{ version: 1, suite: suites.debian13, packages: [...packages, 'libpam-systemd'] },
  ...{ files: ownFiles, links: ownLinks, unneeded },
};

/** Makes `debian.tar.gz` in `directory`: Debian 12 with systemd, prepared for live moves. */
export async function buildDebian(directory: string, logFile: string): Promise<void> {
  const root = join(directory, 'root');
  await makeDebianRoot(root, debianRecipe, logFile);
  await rm(join(root, zone.link));
  await archive(root, join(directory, 'debian.tar.gz'));
}

/** Makes `stock.tar.gz` in `directory`: the same Debian without the preparation, from the prepared one's archive. */
export async function buildStock(directory: string, debian: string): Promise<void> {
  const root = join(directory, 'root');
  await unpack(debian, root);
  for (const path of [prepared.dropIn, ...prepared.masks]) await rm(join(root, path));
  await symlink(zone.target, join(root, zone.link));
  await archive(root, join(directory, 'stock.tar.gz'));
}

/** Makes `debian13.tar.gz` in `directory`: Debian 13 with systemd 257, without any preparation. */
export async function buildDebian13(directory: string, logFile: string): Promise<void> {
  const root = join(directory, 'root');
  await makeDebianRoot(root, debian13Recipe, logFile);
  await archive(root, join(directory, 'debian13.tar.gz'));
}
