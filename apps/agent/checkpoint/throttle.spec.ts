import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Throttle } from './throttle.js';

const takes = async (throttle: Throttle, chunks: number[]) => {
  const started = performance.now();
  for (const chunk of chunks) await throttle.take(chunk);
  return performance.now() - started;
};

test('without a cap nothing waits', async () => {
  assert.ok((await takes(new Throttle(0), [1e9, 1e9, 1e9])) < 50);
});

test('with one, bytes take the time that they are due', async () => {
  const took = await takes(new Throttle(1_000_000), [50_000, 50_000, 50_000]);
  assert.ok(took >= 140 && took < 1_000, `${took} ms for 150 ms worth of bytes`);
});
