import assert from 'node:assert/strict';
import { test } from 'node:test';
import { due } from './fence-due.js';

const order = { leaseEndsMs: 100_000, freezeSeconds: 15, stopSeconds: 30, instances: [] };
const at = (ms: number) => due(order, ms);

test('nothing is due while the lease is held, and for freezeSeconds after it', () => {
  assert.equal(at(0).measure, 'none');
  assert.equal(at(114_999).measure, 'none');
});

test('frozen 15 s after the end of the lease, stopped after 30 s and from then on', () => {
  assert.equal(at(115_000).measure, 'freeze');
  assert.equal(at(129_999).measure, 'freeze');
  assert.equal(at(130_000).measure, 'stop');
  assert.equal(at(999_000).measure, 'stop');
});

test('the guard looks again no later than the next measure is due', () => {
  assert.equal(at(0).nextLookMs, 5_000);
  assert.equal(at(114_000).nextLookMs, 1_000);
  assert.equal(at(129_500).nextLookMs, 500);
});
