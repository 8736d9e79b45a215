import assert from 'node:assert/strict';
import { mkdtemp, mkdir, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { diffManifests, walk, walkNow } from './manifest.js';
import type { Manifest, ManifestEntry } from './manifest.js';

const [FILE, DIRECTORY] = [0o100000n, 0o040000n];
const SECOND = 1_000_000_000n;
const entry = (ctime: bigint, more: Partial<ManifestEntry> = {}): ManifestEntry => ({
  ctime,
  inode: 1n,
  type: FILE,
  ...more,
});
const manifest = (startedAt: bigint, entries: Record<string, ManifestEntry>): Manifest => ({
  startedAt,
  entries: new Map(Object.entries(entries)),
});

describe('what a disk pass sends', () => {
  it('is nothing where nothing has changed', () => {
    const before = manifest(100n * SECOND, { etc: entry(SECOND, { type: DIRECTORY }), 'etc/a': entry(SECOND) });
    const now = manifest(101n * SECOND, Object.fromEntries(before.entries));
    assert.deepEqual(diffManifests(before, now), { changed: [], removed: [] });
  });

  it('is what is new, was changed, or is another file under the same name, parents first', () => {
    const before = manifest(100n * SECOND, { a: entry(SECOND), b: entry(SECOND), c: entry(SECOND) });
    const now = manifest(101n * SECOND, {
      'd/e': entry(SECOND),
      d: entry(SECOND, { type: DIRECTORY }),
      a: entry(100n * SECOND + 1n),
      b: entry(SECOND, { inode: 2n }),
      c: entry(SECOND),
    });
    assert.deepEqual(diffManifests(before, now), { changed: ['a', 'b', 'd', 'd/e'], removed: [] });
  });

  it('is also a file whose ctime is as young as the walk before: it may have changed again within the tick', () => {
    const young = 100n * SECOND - 15_000_000n;
    const old = 100n * SECOND - 25_000_000n;
    const before = manifest(100n * SECOND, { young: entry(young), old: entry(old) });
    const now = manifest(101n * SECOND, { young: entry(young), old: entry(old) });
    assert.deepEqual(diffManifests(before, now).changed, ['young']);
  });

  it('removes what is gone, children with their parents', () => {
    const gone = { d: entry(SECOND, { type: DIRECTORY }), 'd/e': entry(SECOND), 'd.x': entry(SECOND) };
    const before = manifest(100n * SECOND, { ...gone, kept: entry(SECOND) });
    const now = manifest(101n * SECOND, { kept: entry(SECOND) });
    assert.deepEqual(diffManifests(before, now), { changed: [], removed: ['d', 'd.x'] });
  });

  it('removes a path of another type before it is sent', () => {
    const before = manifest(100n * SECOND, { a: entry(SECOND) });
    const now = manifest(101n * SECOND, { a: entry(101n * SECOND, { type: DIRECTORY, inode: 2n }) });
    assert.deepEqual(diffManifests(before, now), { changed: ['a'], removed: ['a'] });
  });
});

describe('a walk of a directory', () => {
  it('finds the same paths both ways, does not follow links, and sees a rename', async (context) => {
    const root = await mkdtemp(join(tmpdir(), 'manifest-'));
    context.after(() => rm(root, { recursive: true }));
    await mkdir(join(root, 'd/e'), { recursive: true });
    await writeFile(join(root, 'd/e/f'), 'x');
    await symlink('/etc', join(root, 'link'));
    const later = () => Date.now() + 3_600_000; // nothing is young then
    const before = await walk(root, later);
    assert.deepEqual([...before.entries.keys()].sort(), ['d', 'd/e', 'd/e/f', 'link']);
    assert.deepEqual(walkNow(root, later).entries, before.entries);
    await rename(join(root, 'd/e/f'), join(root, 'd/g'));
    const { changed, removed } = diffManifests(before, walkNow(root, later));
    assert.deepEqual(removed, ['d/e/f']);
    assert.deepEqual(changed, ['d', 'd/e', 'd/g']);
  });
});
