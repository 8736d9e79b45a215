import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rename, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { command, CommandError } from '../process/command.js';
import { isMountPoint } from '../process/mounts.js';

/** Size of the file, which is sparse: it takes no space before it is written. */
const BYTES = 16 * 2 ** 30;

/**
 * Mounts a btrfs at `place`, from the file `PLACE.btrfs`, which is made where it is missing; uses the host root's
 * tools, since the machine may have none. The kernel frees the loop device after the last unmount. Idempotent.
 */
export async function mountBtrfs(place: string, hostRoot: string): Promise<void> {
  if (await isMountPoint(place)) return;
  const file = fileOf(place);
  if (!existsSync(file)) {
    const fresh = `${file}.new`;
    await writeFile(fresh, '', { mode: 0o600 });
    await truncate(fresh, BYTES);
    const inRoot = 'mount --bind "$1" "$2/mnt" && exec chroot "$2" mkfs.btrfs --quiet --force "/mnt/$3"';
    const words = [dirname(fresh), hostRoot, basename(fresh)];
    await command('unshare', ['-m', '--propagation', 'private', 'sh', '-c', inRoot, 'sh', ...words]);
    await rename(fresh, file);
  }
  await command('mount', ['-t', 'btrfs', '-o', 'loop', file, place]);
}

/** Unmounts; the file stays. */
export async function unmountBtrfs(place: string): Promise<void> {
  if (await isMountPoint(place)) await command('umount', [place]);
}

/** Tries it: returns why this machine cannot mount a btrfs, undefined where it can. */
export async function whyNoBtrfs(hostRoot: string): Promise<string | undefined> {
  const trial = await mkdtemp(join(tmpdir(), 'lxstack-btrfs-'));
  const place = join(trial, 'mounted');
  await mkdir(place);
  try {
    await mountBtrfs(place, hostRoot);
    await unmountBtrfs(place);
    return undefined;
  } catch (error) {
    if (error instanceof CommandError) return error.message;
    throw error;
  } finally {
    await rm(trial, { recursive: true, force: true });
  }
}

const fileOf = (place: string): string => `${place}.btrfs`;
