import assert from 'node:assert/strict';
import { test } from 'node:test';
import { testLayout } from './on-fleet.js';
import { Tally } from './tally.js';

test('each clone tests in a deployment of its own, the same one every time', () => {
  assert.equal(testLayout('/a').deployment, testLayout('/a').deployment);
  assert.notEqual(testLayout('/a').deployment, testLayout('/b').deployment);
});

test('the last line of a run is its count', () => {
  const tally = new Tally();
  tally.add(Object.assign(new Tally(), { passed: 3, failed: 1 }));
  assert.equal(tally.render(), '3 passed, 1 failed');
});
