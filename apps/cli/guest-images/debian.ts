import { lstatSync, readFileSync, readdirSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { archive, unpack } from './archive.js';
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
  [prepared.dropIn]: readFileSync(join(migratable, dropIn), 'utf8'),
};

const links = {
  'etc/systemd/system/multi-user.target.wants/echo.service': '../echo.service',
  ...Object.fromEntries(prepared.masks.map((path) => [path, '/dev/null'])),
};

const packages = ['systemd-sysv', 'dbus', 'iproute2', 'procps', 'perl-base'];

export const debianRecipe = { version: 1, suite, packages, files, links, unneeded };
export const stockRecipe = { version: 1, from: debianRecipe, without: prepared };

/** Debian 12 with systemd as init, made ready for live moves: `debian.tar.gz` in `directory`. */
export async function buildDebian(directory: string, logFile: string): Promise<void> {
  const root = join(directory, 'root');
  await makeDebianRoot(root, debianRecipe, logFile);
  await archive(root, join(directory, 'debian.tar.gz'));
}

/** The same Debian as it comes, from the archive of the prepared one: `stock.tar.gz` in `directory`. */
export async function buildStock(directory: string, debian: string): Promise<void> {
  const root = join(directory, 'root');
  await unpack(debian, root);
  for (const path of [prepared.dropIn, ...prepared.masks]) await rm(join(root, path));
  await archive(root, join(directory, 'stock.tar.gz'));
}
