import { chmod, copyFile, lstat, mkdir, rm, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { debootstrap } from '../hostroot/debootstrap.js';
import type { DebianSystem } from '../hostroot/debootstrap.js';
import { debianMirror } from '../hostroot/mirror.js';
import { command } from '../process/command.js';

/** What makes one Debian guest different from another: release, packages, files and links. */
export interface DebianRecipe extends DebianSystem {
  files: Record<string, string>;
  links: Record<string, string>;
}

const sources = 'etc/apt/sources.list';
/** Debian's releases for the guests. */
export const suites = { debian12: 'bookworm', debian13: 'trixie' };
/** Directories that guests do not need, to keep archives small. */
export const unneeded = ['usr/share/doc', 'usr/share/man', 'usr/share/locale', 'var/cache/apt', 'var/lib/apt/lists'];

/** An echo service that takes one connection after the other and needs nothing but perl-base. */
export const echo =
  'use IO::Socket::INET; my $l = IO::Socket::INET->new(Listen => 5, LocalPort => 7, ReuseAddr => 1) or die; ' +
  'while (my $c = $l->accept) { while (sysread($c, my $b, 4096)) { syswrite($c, $b) } close $c }';

/** Makes a Debian root file system in `root` and adds the recipe's files and links. */
export async function makeDebianRoot(root: string, recipe: DebianRecipe, logFile: string): Promise<void> {
  await debootstrap(root, recipe, logFile);
  await clear(root);
  await putFiles(root, recipe);
  await writeFile(join(root, 'etc/machine-id'), '');
}

/**
 * Installs packages in a root file system that has Debian's apt, and removes those whose name ends in a minus. A policy
 * keeps services from starting. Makes the few device nodes that the packages' scripts need, since an unpacked archive
 * has none.
 */
export async function addPackages(root: string, { suite, packages }: DebianSystem, logFile: string): Promise<void> {
  const policy = join(root, 'usr/sbin/policy-rc.d');
  await writeFile(policy, '#!/bin/sh\nexit 101\n', { mode: 0o755 });
  for (const [name, minor] of Object.entries({ null: '3', zero: '5', urandom: '9' }))
    await command('mknod', ['-m', '666', join(root, 'dev', name), 'c', '1', minor]);
  await writeFile(join(root, sources), `deb ${await debianMirror()} ${suite} main\n`);
  await copyFile('/etc/resolv.conf', join(root, 'etc/resolv.conf'));
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  const apt = (...args: string[]) => command('chroot', [root, 'apt-get', ...args], { logFile, env });
  await apt('update');
  await apt('install', '-y', '--no-install-recommends', ...packages);
  await rm(policy);
  await clear(root);
}

/** Writes files and links over those that exist. */
export async function putFiles(root: string, { files, links }: Pick<DebianRecipe, 'files' | 'links'>): Promise<void> {
  for (const [path, text] of Object.entries(files)) {
    await mkdir(join(root, dirname(path)), { recursive: true });
    await writeFile(join(root, path), text);
    if (text.startsWith('#!')) await chmod(join(root, path), 0o755);
  }
  for (const [path, target] of Object.entries(links)) {
    await mkdir(join(root, dirname(path)), { recursive: true });
    await rm(join(root, path), { force: true });
    await symlink(target, join(root, path));
  }
}

/** Removes what tells of the machine that made the root: the address of its mirror, its resolver, its name. */
async function clear(root: string): Promise<void> {
  const resolver = join(root, 'etc/resolv.conf');
  const isLink = await lstat(resolver)
    .then((found) => found.isSymbolicLink())
    .catch(() => true);
  if (!isLink) await rm(resolver);
  for (const path of ['etc/hostname', 'etc/.resolv.conf.systemd-resolved.bak'])
    await rm(join(root, path), { force: true });
  await writeFile(join(root, sources), '');
  for (const path of unneeded) await rm(join(root, path), { recursive: true, force: true });
  // apt starts from empty lists, but needs the directories.
  for (const path of ['var/cache/apt/archives/partial', 'var/lib/apt/lists/partial'])
    await mkdir(join(root, path), { recursive: true });
}
