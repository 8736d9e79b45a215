import assert from 'node:assert/strict';
import { test } from 'node:test';
import { summarize } from './statistics.js';

test('a summary interpolates its quantiles and does not mind the order', () => {
  assert.deepEqual(summarize([4, 1, 3, 2, 5]), { n: 5, min: 1, p10: 1.4, p50: 3, p90: 4.6, max: 5 });
});

test('every quantile of one measurement is that measurement', () => {
  assert.deepEqual(summarize([7]), { n: 1, min: 7, p10: 7, p50: 7, p90: 7, max: 7 });
});

test('no measurement is an error, not a row of NaN', () => {
  assert.throws(() => summarize([]), RangeError);
});
