import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import type { BigIntStats } from 'node:fs';
import { lstatSync, readdirSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { buffer, text } from 'node:stream/consumers';
import { exitOf } from '../../process/child-exit.js';
import { prioritised } from '../agent-priority.js';
import { FOUND, parentOf, parseFound, racyFrom } from './changed-files.js';
import type { Manifest, ManifestDiff, ManifestEntry } from './changed-files.js';
import { childrenIn, shares } from './tree-shares.js';
import type { Children } from './tree-shares.js';

const MOST_PROCESSES = 4;
/** Entry of a path that the target has and the source no longer has. */
const GONE: ManifestEntry = { ctime: 0n, inode: '', type: '', bytes: 0 };

/**
 * Finds in the freeze what has changed since `before`. Several `find` processes, started before the freeze, share the tree
 * and look at ctimes only; names are compared only in changed directories. That suffices, for a rename changes the ctime of
 * the renamed file on every file system that a root lies on (ext4, xfs, btrfs, f2fs, tmpfs).
 */
export class FrozenWalk {
  private startedAt = 0n;
  private found: ManifestDiff = { changed: [], removed: [] };
  private readonly children: Children;
  private readonly work: { spine: string[]; parts: string[][] };
  private readonly finders: { child: ChildProcess; ended: Promise<void> }[];

  constructor(
    private readonly root: string,
    private readonly before: Manifest,
  ) {
    this.children = childrenIn(before);
    this.work = shares(this.children, Math.min(availableParallelism(), MOST_PROCESSES));
    this.finders = this.work.parts.map(() => this.startFinder());
  }

  async diff(): Promise<ManifestDiff> {
    this.startedAt = BigInt(Date.now()) * 1_000_000n;
    const found = this.finders.map((finder, i) => this.ask(finder, this.work.parts[i]!));
    const hits = [...this.spine(), ...(await Promise.all(found)).flat()];
    const changed = new Set(hits.map(([path]) => path));
    const removed: string[] = [];
    for (const [path, { type, inode }] of hits) {
      const old = this.before.entries.get(path);
      if (old && (old.type !== type || (type === 'd' && old.inode !== inode))) removed.push(path);
      if (type !== 'd') continue;
      if (old?.type === 'd' && old.inode === inode) this.compareNames(path, changed, removed);
      else this.addBelow(path, changed);
    }
    return (this.found = { changed: [...changed].sort(), removed: removed.sort() });
  }

  /** After `diff`: what the target will have once it has that difference. Uses `before` up. */
  now(): Manifest {
    const { entries } = this.before;
    const gone = new Set(this.found.removed);
    // A Map keeps its order: parents come before their children.
    for (const path of gone.size ? entries.keys() : []) {
      if (!gone.has(path) && !gone.has(parentOf(path))) continue;
      gone.add(path);
      entries.delete(path);
    }
    for (const path of this.found.changed) {
      entries.set(path, this.look(path) ?? GONE);
    }
    return { startedAt: this.startedAt, entries };
  }

  /** Ends the processes when the freeze does not come. */
  close(): void {
    for (const { child } of this.finders) child.stdin!.end();
  }

  private startFinder() {
    const last = racyFrom(this.before) - 1n; // find prints what is newer than this
    const since = `@${last / 1_000_000_000n}.${String(last % 1_000_000_000n).padStart(9, '0')}`;
    const args = ['-files0-from', '-', '-ignore_readdir_race', '-newerct', since, '-printf', FOUND];
    const env = { ...process.env, LC_ALL: 'C' }; // eslint-disable-line no-restricted-properties -- find's own
    const child = prioritised(spawn('find', args, { cwd: this.root, stdio: 'pipe', detached: true, env }));
    child.stdin.on('error', () => undefined); // its exit status tells
    return { child, ended: exitOf(child, [0, 1]) };
  }

  private async ask({ child, ended }: (typeof this.finders)[number], points: string[]) {
    child.stdin!.end(Buffer.from(points.map((path) => `./${path}\0`).join(''), 'latin1'));
    const [output, problems] = await Promise.all([buffer(child.stdout!), text(child.stderr!)]);
    await ended;
    // A missing file is no problem: its directory has changed and is compared.
    const unread = problems
      .split('\n')
      .find((line) => line && !/: (No such file or directory|Not a directory)$/.test(line));
    if (unread) throw new Error(unread);
    return parseFound(output);
  }

  private spine(): [string, ManifestEntry][] {
    const racy = racyFrom(this.before);
    const looked = this.work.spine.map((path): [string, ManifestEntry | undefined] => [path, this.look(path)]);
    return looked.filter((hit): hit is [string, ManifestEntry] => hit[1] !== undefined && hit[1].ctime >= racy);
  }

  private look(path: string): ManifestEntry | undefined {
    const stats = lstatSync(this.at(path), { bigint: true, throwIfNoEntry: false });
    return stats && { ctime: stats.ctimeNs, inode: String(stats.ino), type: typeOf(stats), bytes: 0 };
  }

  private compareNames(directory: string, changed: Set<string>, removed: string[]): void {
    const before = new Set(this.children.get(directory));
    const now = new Set(readdirSync(this.at(directory), 'latin1').map((name) => below(directory, name)));
    for (const path of before) if (!now.has(path)) removed.push(path);
    for (const path of now) if (!before.has(path)) this.add(path, changed);
  }

  private add(path: string, changed: Set<string>): void {
    changed.add(path);
    if (lstatSync(this.at(path)).isDirectory()) this.addBelow(path, changed);
  }

  private addBelow(directory: string, changed: Set<string>): void {
    for (const name of readdirSync(this.at(directory), 'latin1')) this.add(below(directory, name), changed);
  }

  private at(path: string): Buffer {
    return Buffer.concat([Buffer.from(`${this.root}/`), Buffer.from(path, 'latin1')]);
  }
}

/** As find says it. */
const typeOf = (stats: BigIntStats): string => {
  if (stats.isDirectory()) return 'd';
  if (stats.isFile()) return 'f';
  if (stats.isSymbolicLink()) return 'l';
  if (stats.isCharacterDevice()) return 'c';
  if (stats.isBlockDevice()) return 'b';
  return stats.isFIFO() ? 'p' : 's';
};

const below = (directory: string, name: string): string => (directory === '.' ? name : `${directory}/${name}`);
