import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readdir, rename, rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { cacheRoot } from '../fleet/layout.js';
import { unmountBelow } from '../process/mounts.js';

type Make = (directory: string, logFile: string) => Promise<void>;

/** What this process is making now: the fleet and the guest images need the host root at the same time. */
const inTheMaking = new Map<string, Promise<string>>();

/**
 * Returns the directory that `make` fills, named by the hash of its recipe. It is filled under another name and renamed
 * when complete, so a half-made one is never used. Removes half-made ones of dead processes.
 */
export function cached(kind: string, recipe: unknown, make: Make): Promise<string> {
  const hash = createHash('sha256').update(JSON.stringify(recipe)).digest('hex').slice(0, 16);
  const directory = join(cacheRoot(), `${kind}-${hash}`);
  let made = inTheMaking.get(directory);
  if (!made) {
    made = madeOnce(directory, make).finally(() => inTheMaking.delete(directory));
    inTheMaking.set(directory, made);
  }
  return made;
}

async function madeOnce(directory: string, make: Make): Promise<string> {
  if (existsSync(directory)) return directory;
  await mkdir(cacheRoot(), { recursive: true, mode: 0o755 });
  await removeHalfMade(`${basename(directory)}.`);
  const partial = `${directory}.${process.pid}`;
  await mkdir(partial, { mode: 0o755 });
  await make(partial, `${directory}.log`);
  await rename(partial, directory).catch(async (error: NodeJS.ErrnoException) => {
    // Another process was first; its result is the same.
    if (error.code !== 'ENOTEMPTY' && error.code !== 'EEXIST') throw error;
    await rm(partial, { recursive: true, force: true });
  });
  return directory;
}

async function removeHalfMade(prefix: string): Promise<void> {
  for (const name of await readdir(cacheRoot())) {
    const pid = Number(name.startsWith(prefix) ? name.slice(prefix.length) : NaN);
    if (!pid || existsSync(`/proc/${pid}`)) continue;
    // debootstrap mounts /proc and /sys in the new root; where it was killed, they are still mounted.
    await unmountBelow(join(cacheRoot(), name));
    await rm(join(cacheRoot(), name), { recursive: true, force: true });
  }
}
