import { mkdir, rm, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { debianMirror } from '../hostroot/mirror.js';
import { command } from '../process/command.js';
import { archive } from './archive.js';

/** One connection after the other, with nothing but perl-base. */
const echo =
  'use IO::Socket::INET; my $$l = IO::Socket::INET->new(Listen => 5, LocalPort => 7, ReuseAddr => 1) or die; ' +
  'while (my $$c = $$l->accept) { while (sysread($$c, my $$b, 4096)) { syswrite($$c, $$b) } close $$c }';

const files = {
  'etc/systemd/system/echo.service': `[Unit]
Description=Echo on TCP port 7

[Service]
ExecStart=/usr/bin/perl -e '${echo}'
Restart=always

[Install]
WantedBy=multi-user.target
`,
  // CRIU can dump neither the namespaces that these make nor the ramfs of credentials.
  'etc/systemd/system/service.d/zz-migratable.conf': `[Service]
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
  'etc/systemd/system/sys-kernel-debug.mount': '/dev/null',
  'etc/systemd/system/sys-kernel-tracing.mount': '/dev/null',
};

const packages = ['systemd-sysv', 'dbus', 'iproute2', 'procps', 'perl-base'];
const unneeded = ['usr/share/doc', 'usr/share/man', 'usr/share/locale', 'var/cache/apt', 'var/lib/apt/lists'];

export const debianRecipe = { version: 1, suite: 'bookworm', packages, files, links, unneeded };

/** Debian 12 with systemd as init, made ready for live moves: `debian.tar.gz` in `directory`. */
export async function buildDebian(directory: string, logFile: string): Promise<void> {
  const root = join(directory, 'root');
  const { suite } = debianRecipe;
  const include = `--include=${packages.join(',')}`;
  await command('debootstrap', ['--variant=minbase', include, suite, root, await debianMirror()], { logFile });
  for (const path of unneeded) await rm(join(root, path), { recursive: true, force: true });
  // apt starts anew from empty lists, and wants the directories.
  for (const path of ['var/cache/apt/archives/partial', 'var/lib/apt/lists/partial'])
    await mkdir(join(root, path), { recursive: true });
  for (const [path, text] of Object.entries(files)) {
    await mkdir(join(root, dirname(path)), { recursive: true });
    await writeFile(join(root, path), text);
  }
  for (const [path, target] of Object.entries(links)) {
    await mkdir(join(root, dirname(path)), { recursive: true });
    await symlink(target, join(root, path));
  }
  // No address of the mirror that it was made from.
  await writeFile(join(root, 'etc/apt/sources.list'), '');
  await writeFile(join(root, 'etc/machine-id'), '');
  await archive(root, join(directory, 'debian.tar.gz'));
}
