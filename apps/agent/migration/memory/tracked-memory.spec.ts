import assert from 'node:assert/strict';
import { mkdtempSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { PageFlag, encodePagemap, parsePagemap } from './pagemap-image.js';
import type { PagemapEntry } from './pagemap-image.js';
import type { PageFrames } from './page-frames.js';
import { TrackedMemory, withoutParent } from './tracked-memory.js';

const { lazy, parent, present } = PageFlag;
const head = Buffer.from('1943565425400856', 'hex');
const BASE = 0x7f0000000000;
const at = (page: number): number => BASE + page * 4096;
const run = (page: number, pages: number, flags: number): PagemapEntry => ({ vaddr: at(page), pages, flags });

/** Images of one task: its pages in order, each filled with one byte. */
function writeImages(directory: string, entries: PagemapEntry[], bytes: number[]): void {
  mkdirSync(directory);
  writeFileSync(join(directory, 'pagemap-7.img'), encodePagemap({ head, pagesId: 1, entries }));
  writeFileSync(join(directory, 'pages-1.img'), Buffer.concat(bytes.map((byte) => Buffer.alloc(4096, byte))));
}

test('pre-dumps and the dump upon them: the target has each page as it was last, and a pagemap without a parent', async (context) => {
  const directory = mkdtempSync(join(tmpdir(), 'tracked-'));
  context.after(() => rmSync(directory, { recursive: true }));
  const path = (name: string) => join(directory, name);
  writeImages(path('first'), [run(0, 3, present | lazy), run(8, 1, present)], [1, 2, 3, 4]);
  writeImages(
    path('second'),
    [run(0, 1, parent), run(1, 1, present | lazy), run(2, 1, parent), run(8, 1, parent)],
    [12],
  );
  writeImages(path('images'), [run(0, 2, parent), run(2, 1, present | lazy), run(8, 1, parent)], [23]);
  const target = new Map<number, number>();
  let flushed = 0;
  const frames = {
    bytes: 0,
    put(_pid: number, address: number, data: Buffer) {
      for (let i = 0; i < data.length; i += 4096) target.set(address + i, data[i]!);
      this.bytes += data.length;
      return Promise.resolve();
    },
    flush: () => Promise.resolve(void flushed++),
  };
  const asked: string[] = [];
  const memory = new TrackedMemory(frames as unknown as PageFrames, (before) => {
    asked.push(before);
    return Promise.resolve(path(before ? 'second' : 'first'));
  });
  assert.equal(await memory.pass(), 4 * 4096);
  assert.equal(await memory.pass(), 4096);
  await memory.lastPass();
  assert.deepEqual(asked, ['', path('first')]);
  assert.equal(memory.preDump, path('second'));
  assert.deepEqual(await memory.finish(path('images')), [{ pid: 7, pagesId: 1 }]);
  assert.deepEqual(
    [...target].sort(([a], [b]) => a - b),
    [
      [at(0), 1],
      [at(1), 12],
      [at(2), 23],
      [at(8), 4],
    ],
  );
  const { entries } = parsePagemap(readFileSync(join(path('images'), 'pagemap-7.img')));
  assert.deepEqual(entries, [run(0, 2, present | lazy), run(2, 1, present | lazy), run(8, 1, present)]);
  assert.equal(flushed, 3, 'nothing is left in a frame');
});

test('a page that no dump has is an error, not a page of zeros', () => {
  assert.throws(() => withoutParent([run(0, 1, parent)], new Map()), /in no dump/);
});
