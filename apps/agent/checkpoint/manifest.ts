import type { BigIntStats } from 'node:fs';
import { lstatSync, readdirSync } from 'node:fs';
import { lstat, readdir } from 'node:fs/promises';
import { join } from 'node:path';

/** What tells whether a file has changed. Times in nanoseconds. */
export interface ManifestEntry {
  ctime: bigint;
  inode: bigint;
  /** File type bits of the mode. */
  type: bigint;
}

/** Every path below a directory (relative, without `./`), and when the walk began. */
export interface Manifest {
  startedAt: bigint;
  entries: Map<string, ManifestEntry>;
}

export interface ManifestDiff {
  /** To be sent, parents before children. */
  changed: string[];
  /** To be removed at the target before, children gone with their parents. */
  removed: string[];
}

/** Coarse clocks stamp a change up to one tick (10 ms at CONFIG_HZ=100) before it happened. */
const TICK = 20_000_000n;
const S_IFMT = 0o170000n;

/** Directory by directory, so that a big disk does not hold up everything else. */
export async function walk(root: string, now: () => number = Date.now): Promise<Manifest> {
  const entries = new Map<string, ManifestEntry>();
  const startedAt = BigInt(now()) * 1_000_000n;
  const pending = [''];
  for (let directory = pending.pop(); directory !== undefined; directory = pending.pop()) {
    for (const name of await orGone(readdir(join(root, directory)), [])) {
      const path = directory ? `${directory}/${name}` : name;
      const stats = await orGone(lstat(join(root, path), { bigint: true }), undefined);
      if (!stats) continue;
      entries.set(path, entryOf(stats));
      if (stats.isDirectory()) pending.push(path);
    }
  }
  return { startedAt, entries };
}

/** In the freeze, for a small tree: at once, nothing else runs meanwhile. */
export function walkNow(root: string, now: () => number = Date.now): Manifest {
  const entries = new Map<string, ManifestEntry>();
  const startedAt = BigInt(now()) * 1_000_000n;
  const visit = (directory: string) => {
    for (const name of readdirSync(join(root, directory))) {
      const path = directory ? `${directory}/${name}` : name;
      const stats = lstatSync(join(root, path), { bigint: true });
      entries.set(path, entryOf(stats));
      if (stats.isDirectory()) visit(path);
    }
  };
  visit('');
  return { startedAt, entries };
}

/**
 * What the target, which has what `before` told, lacks of `now`. A ctime as young as the walk of `before` says nothing:
 * the file may have changed again within the same tick after it was read.
 */
export function diffManifests(before: Manifest, now: Manifest): ManifestDiff {
  const racy = before.startedAt - TICK;
  const changed: string[] = [];
  const removed: string[] = [];
  for (const [path, entry] of now.entries) {
    const old = before.entries.get(path);
    if (!old || old.ctime !== entry.ctime || old.inode !== entry.inode || entry.ctime >= racy) changed.push(path);
    if (old && old.type !== entry.type) removed.push(path);
  }
  const gone = new Set([...before.entries.keys()].filter((path) => !now.entries.has(path)));
  for (const path of gone) if (!gone.has(parent(path))) removed.push(path);
  return { changed: changed.sort(), removed: removed.sort() };
}

const parent = (path: string): string => path.slice(0, Math.max(0, path.lastIndexOf('/')));

const entryOf = (stats: BigIntStats): ManifestEntry => ({
  ctime: stats.ctimeNs,
  inode: stats.ino,
  type: stats.mode & S_IFMT,
});

/** The guest runs: what it removes under the walk is simply not there. */
async function orGone<T, U>(work: Promise<T>, otherwise: U): Promise<T | U> {
  try {
    return await work;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return otherwise;
    throw error;
  }
}
