import assert from 'node:assert/strict';
import { test } from 'node:test';
import { chooseMemoryMode, memoryBlackoutMs } from './memory-mode.js';

const MiB = 2 ** 20;
const facts = { memoryBytes: 1024 * MiB, lazyPages: true, bandwidth: 0 };

test('large memory is mapped in after the restore, small memory is copied before it', () => {
  assert.equal(chooseMemoryMode('', facts).mode, 'lazy-pages');
  assert.equal(chooseMemoryMode('', { ...facts, memoryBytes: 8 * MiB }).mode, 'stop-and-copy');
});

test('a target that cannot map pages in gets them all before the restore, whatever was asked for, and it is said', () => {
  const { mode, why } = chooseMemoryMode('lazy-pages', { ...facts, lazyPages: false });
  assert.equal(mode, 'stop-and-copy');
  assert.match(why, /cannot map pages/);
});

test('the caller chooses where both are possible', () => {
  assert.equal(chooseMemoryMode('stop-and-copy', facts).mode, 'stop-and-copy');
  assert.equal(chooseMemoryMode('lazy-pages', { ...facts, memoryBytes: MiB }).mode, 'lazy-pages');
});

test('a bandwidth cap is part of the cost of either mode', () => {
  for (const mode of ['stop-and-copy', 'lazy-pages'] as const)
    assert.ok(memoryBlackoutMs(mode, { ...facts, bandwidth: 100 * MiB }) > memoryBlackoutMs(mode, facts) + 5_000);
});
