import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { diffManifests, parseFound } from './changed-files.js';
import type { Manifest, ManifestEntry } from './changed-files.js';
import { childrenIn, shares } from './tree-shares.js';

const SECOND = 1_000_000_000n;
const entry = (ctime: bigint, more: Partial<ManifestEntry> = {}): ManifestEntry => ({
  ctime,
  inode: '1',
  type: 'f',
  bytes: 0,
  ...more,
});
const manifest = (startedAt: bigint, entries: Record<string, ManifestEntry>): Manifest => ({
  startedAt,
  entries: new Map(Object.entries(entries)),
});

describe('what a disk pass sends', () => {
  it('lists nothing where nothing has changed', () => {
    const before = manifest(100n * SECOND, { etc: entry(SECOND, { type: 'd' }), 'etc/a': entry(SECOND) });
    const now = manifest(101n * SECOND, Object.fromEntries(before.entries));
    assert.deepEqual(diffManifests(before, now), { changed: [], removed: [] });
  });

  it('is what is new, was changed, or is another file under the same name, parents first', () => {
    const before = manifest(100n * SECOND, { a: entry(SECOND), b: entry(SECOND), c: entry(SECOND) });
    const now = manifest(101n * SECOND, {
      'd/e': entry(SECOND),
      d: entry(SECOND, { type: 'd' }),
      a: entry(100n * SECOND + 1n),
      b: entry(SECOND, { inode: '2' }),
      c: entry(SECOND),
    });
    assert.deepEqual(diffManifests(before, now), { changed: ['a', 'b', 'd', 'd/e'], removed: [] });
  });

  it('lists a file whose ctime is as young as the walk before, which may have changed again within the tick', () => {
    const young = 100n * SECOND - 15_000_000n;
    const old = 100n * SECOND - 25_000_000n;
    const before = manifest(100n * SECOND, { young: entry(young), old: entry(old) });
    const now = manifest(101n * SECOND, { young: entry(young), old: entry(old) });
    assert.deepEqual(diffManifests(before, now).changed, ['young']);
  });

  it('removes what is gone, children with their parents', () => {
    const gone = { d: entry(SECOND, { type: 'd' }), 'd/e': entry(SECOND), 'd.x': entry(SECOND) };
    const before = manifest(100n * SECOND, { ...gone, kept: entry(SECOND) });
    const now = manifest(101n * SECOND, { kept: entry(SECOND) });
    assert.deepEqual(diffManifests(before, now), { changed: [], removed: ['d', 'd.x'] });
  });

  it('removes a path of another type before it is sent', () => {
    const before = manifest(100n * SECOND, { a: entry(SECOND) });
    const now = manifest(101n * SECOND, { a: entry(101n * SECOND, { type: 'd', inode: '2' }) });
    assert.deepEqual(diffManifests(before, now), { changed: ['a'], removed: ['a'] });
  });
});

describe('what find prints', () => {
  it('is read to the nanosecond, and byte by byte: a name has spaces, line ends, and bytes that are no UTF-8', () => {
    const output = Buffer.from(
      '1795601518.6907214860 12 d 8 .\x001795601518.0000000010 13 f 0 ./a b\n\xff\0',
      'latin1',
    );
    assert.deepEqual(parseFound(output), [
      ['.', { ctime: 1_795_601_518_690_721_486n, inode: '12', type: 'd', bytes: 4096 }],
      ['a b\n\xff', { ctime: 1_795_601_518_000_000_001n, inode: '13', type: 'f', bytes: 0 }],
    ]);
  });
});

describe('a tree shared out', () => {
  it('lists every path once: by itself, or below a listed directory', () => {
    const tree = manifest(0n, { '.': entry(0n, { type: 'd' }) });
    for (let i = 0; i < 4; i++) {
      tree.entries.set(`d${i}`, entry(0n, { type: 'd' }));
      for (let j = 0; j < 10 ** i; j++) tree.entries.set(`d${i}/${j}`, entry(0n));
    }
    const { spine, parts } = shares(childrenIn(tree), 3);
    const below = (path: string) => [...tree.entries.keys()].filter((one) => `${one}/`.startsWith(`${path}/`));
    const covered = parts.map((paths) => paths.flatMap(below));
    assert.deepEqual([...spine, ...covered.flat()].sort(), [...tree.entries.keys()].sort());
    for (const part of covered) assert.ok(part.length < tree.entries.size / 2, 'none has most of the work');
  });
});
