import assert from 'node:assert/strict';
import { test } from 'node:test';
import { expectedCost } from './expected-cost.js';

const size = { memoryMb: 1024, diskGb: 10 };

test('the history of the image tells what a move costs', () => {
  const { live } = expectedCost(size, true, { memoryBytes: 5e6, diskBytes: 1e6, switchMs: 150 });
  assert.deepEqual(live, { bytes: 6e6, blackoutMs: 150 });
});

test('without history more memory costs more, and a cold move takes longer than a live one', () => {
  const small = expectedCost(size, true, null);
  const large = expectedCost({ ...size, memoryMb: 8192 }, true, null);
  assert.ok(large.live.bytes > small.live.bytes && large.live.blackoutMs > small.live.blackoutMs);
  assert.ok(small.cold.blackoutMs > small.live.blackoutMs);
});

test('a stopped instance has no blackout', () => {
  assert.equal(expectedCost(size, false, null).cold.blackoutMs, 0);
});
