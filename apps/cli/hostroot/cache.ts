import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { link, mkdir, readdir, rename, rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { cacheRoot } from '../fleet/layout.js';
import { unmountBelow } from '../process/mounts.js';
import { readPidFile, writePidFile } from '../process/pid-file.js';

type Make = (directory: string, logFile: string) => Promise<void>;

/** What this process is making now: the fleet and the guest images need the host root at the same time. */
const inTheMaking = new Map<string, Promise<string>>();

/**
 * Returns the directory that `make` fills, named by the hash of its recipe. It is filled under another name and renamed
 * when complete, so a half-made one is never used. Where another process makes it already, waits for that one. Removes
 * half-made ones of dead processes.
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
  await mkdir(cacheRoot(), { recursive: true, mode: 0o755 });
  const maker = `${directory}.maker`;
  for (;;) {
    if (existsSync(directory)) return directory;
    if (await taken(maker)) break;
    await sleep(200);
  }
  try {
    if (!existsSync(directory)) await fill(directory, make);
  } finally {
    await rm(maker, { force: true });
  }
  return directory;
}

/** Writes this process into the file, unless a living one is in it: two that make the same thing take twice as long. */
async function taken(maker: string): Promise<boolean> {
  const own = `${maker}.${process.pid}`;
  await writePidFile(own, process.pid);
  try {
    await link(own, maker);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    if ((await readPidFile(maker)) === undefined) await rm(maker, { force: true });
    return false;
  } finally {
    await rm(own, { force: true });
  }
}

async function fill(directory: string, make: Make): Promise<void> {
  await removeHalfMade(`${basename(directory)}.`);
  const partial = `${directory}.${process.pid}`;
  await mkdir(partial, { mode: 0o755 });
  await make(partial, `${directory}.log`);
  await rename(partial, directory).catch(async (error: NodeJS.ErrnoException) => {
    // Another process has made it, between the look at its maker and the taking over from a dead one.
    if (error.code !== 'ENOTEMPTY' && error.code !== 'EEXIST') throw error;
    await rm(partial, { recursive: true, force: true });
  });
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
