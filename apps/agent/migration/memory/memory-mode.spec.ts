import assert from 'node:assert/strict';
import { test } from 'node:test';
import { chooseMemoryMode, memoryBlackoutMs } from './memory-mode.js';
import type { MemoryFacts } from './memory-mode.js';

const facts = (mebibytes: number, more: Partial<MemoryFacts> = {}): MemoryFacts => ({
  memoryBytes: mebibytes * 2 ** 20,
  processes: 5,
  freeBytes: 2 ** 40,
  lazyPages: true,
  bandwidth: 0,
  ...more,
});

test('little memory is copied while it stands still, much of it is sent before and mapped in after', () => {
  assert.equal(chooseMemoryMode('', facts(8)).mode, 'stop-and-copy');
  assert.equal(chooseMemoryMode('', facts(1024)).mode, 'pre-copy');
});

test('many small processes are copied while they stand still: mapping in later costs for each', () => {
  assert.equal(chooseMemoryMode('', facts(100)).mode, 'pre-copy');
  assert.equal(chooseMemoryMode('', facts(100, { processes: 300 })).mode, 'stop-and-copy');
});

test('where the source has no room for a copy nothing is sent before', () => {
  const { mode, why } = chooseMemoryMode('', facts(1024, { freeBytes: 2 ** 31 }));
  assert.equal(mode, 'lazy-pages');
  assert.match(why, /no room/);
  assert.equal(chooseMemoryMode('pre-copy', facts(1024, { freeBytes: 2 ** 31 })).mode, 'lazy-pages');
});

test('a target that cannot map pages in gets them all, whatever was asked for', () => {
  const { mode, why } = chooseMemoryMode('lazy-pages', facts(1024, { lazyPages: false }));
  assert.equal(mode, 'stop-and-copy');
  assert.match(why, /cannot map pages/);
});

test('the caller can ask for each mode', () => {
  for (const asked of ['stop-and-copy', 'lazy-pages', 'pre-copy'])
    assert.deepEqual(chooseMemoryMode(asked, facts(asked === 'stop-and-copy' ? 1024 : 8)), {
      mode: asked,
      why: 'asked for',
    });
});

test('a cap on the bandwidth counts for what is sent in the freeze', () => {
  const free = facts(512);
  const capped = facts(512, { bandwidth: 100e6 });
  const more = (mode: 'lazy-pages' | 'pre-copy') => memoryBlackoutMs(mode, capped) - memoryBlackoutMs(mode, free);
  assert.ok(more('lazy-pages') > 4000);
  assert.ok(more('pre-copy') < 500);
});
