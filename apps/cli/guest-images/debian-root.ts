import { mkdir, rm, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { debianMirror } from '../hostroot/mirror.js';
import { command } from '../process/command.js';

/** What distinguishes one Debian guest from another: its packages, and files and links by their path. */
export interface DebianRecipe {
  packages: readonly string[];
  files: Record<string, string>;
  links: Record<string, string>;
}

export const suite = 'bookworm';
export const unneeded = ['usr/share/doc', 'usr/share/man', 'usr/share/locale', 'var/cache/apt', 'var/lib/apt/lists'];

/** One connection after the other, with nothing but perl-base. */
export const echo =
  'use IO::Socket::INET; my $l = IO::Socket::INET->new(Listen => 5, LocalPort => 7, ReuseAddr => 1) or die; ' +
  'while (my $c = $l->accept) { while (sysread($c, my $b, 4096)) { syswrite($c, $b) } close $c }';

/** Makes a Debian 12 root file system in `root`, and puts the recipe's files and links into it. */
export async function makeDebianRoot(root: string, recipe: DebianRecipe, logFile: string): Promise<void> {
  const include = `--include=${recipe.packages.join(',')}`;
  await command('debootstrap', ['--variant=minbase', include, suite, root, await debianMirror()], { logFile });
  for (const path of unneeded) await rm(join(root, path), { recursive: true, force: true });
  // apt starts anew from empty lists, and wants the directories.
  for (const path of ['var/cache/apt/archives/partial', 'var/lib/apt/lists/partial'])
    await mkdir(join(root, path), { recursive: true });
  for (const [path, text] of Object.entries(recipe.files)) {
    await mkdir(join(root, dirname(path)), { recursive: true });
    await writeFile(join(root, path), text);
  }
  for (const [path, target] of Object.entries(recipe.links)) {
    await mkdir(join(root, dirname(path)), { recursive: true });
    await symlink(target, join(root, path));
  }
  // No address of the mirror that it was made from.
  await writeFile(join(root, 'etc/apt/sources.list'), '');
  await writeFile(join(root, 'etc/machine-id'), '');
}
