import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { command } from '../process/command.js';
import { archive } from './archive.js';
import { echo, makeDebianRoot, suite, unneeded } from './debian-root.js';

/** What a stock Debian has not: CRIU can dump neither the namespaces that these make nor the ramfs of credentials. */
const prepared = {
  dropIn: 'etc/systemd/system/service.d/zz-migratable.conf',
  masks: ['etc/systemd/system/sys-kernel-debug.mount', 'etc/systemd/system/sys-kernel-tracing.mount'],
};

const files = {
  'etc/systemd/system/echo.service': `[Unit]
Description=Echo on TCP port 7

[Service]
ExecStart=/usr/bin/perl -e '${echo.replaceAll('$', '$$$$')}'
Restart=always

[Install]
WantedBy=multi-user.target
`,
  [prepared.dropIn]: `[Service]
ProtectHostname=no
PrivateUsers=no
PrivateIPC=no
PrivateNetwork=no
LoadCredential=
SetCredential=
`,
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
  await command('install', ['-d', '-m', '755', root]);
  await command('tar', ['-C', root, '--numeric-owner', '--xattrs', '-xpf', debian]);
  for (const path of [prepared.dropIn, ...prepared.masks]) await rm(join(root, path));
  await archive(root, join(directory, 'stock.tar.gz'));
}
