import { chmod, lchown, lstat, readdir } from 'node:fs/promises';
import { join } from 'node:path';

/** Shifts every owner and group under `root` into the user namespace that begins at host id `base`. */
export async function shiftIds(root: string, base: number): Promise<void> {
  const stats = await lstat(root);
  if (stats.uid < base) {
    await lchown(root, stats.uid + base, stats.gid + base);
    // chown clears set-uid and set-gid bits.
    if (!stats.isSymbolicLink()) await chmod(root, stats.mode & 0o7777);
  }
  if (!stats.isDirectory()) return;
  for (const name of await readdir(root)) await shiftIds(join(root, name), base);
}
