import assert from 'node:assert/strict';
import { test } from 'node:test';
import { testLayout } from './on-fleet.js';
import { LANES, stages } from './suite.js';
import { Tally } from './tally.js';

test('each clone tests in deployments of its own, the same ones every time', () => {
  assert.equal(testLayout('e2e', '/a').deployment, testLayout('e2e', '/a').deployment);
  assert.notEqual(testLayout('e2e', '/a').deployment, testLayout('e2e', '/b').deployment);
});

test('stages that run at the same time have different deployments', () => {
  const names = (['integration', 'e2e', 'disks', 'chaos', 'upgrade'] as const).map(
    (stage) => testLayout(stage).deployment,
  );
  assert.equal(new Set(names).size, names.length);
});

test('each stage runs once, in one lane', () => {
  assert.deepEqual(LANES.flat().sort(), Object.keys(stages).sort());
});

test('the last line of a run is its count', () => {
  const tally = new Tally();
  tally.add(Object.assign(new Tally(), { passed: 3, failed: 1 }));
  assert.equal(tally.render(), '3 passed, 1 failed');
});

test('a run names the files that took longest, with the time of all their runs', () => {
  const [whole, onBtrfs, onDir] = [new Tally(), new Tally(), new Tally()];
  onBtrfs.took('test/e2e/disks/a.e2e.ts', 20);
  onDir.took('test/e2e/disks/a.e2e.ts', 21.7);
  onDir.took('test/e2e/disks/b.e2e.ts', 30);
  onDir.took('test/e2e/disks/c.e2e.ts', 1);
  whole.add(onBtrfs);
  whole.add(onDir);
  assert.deepEqual(whole.slowest(2), ['   42 s test/e2e/disks/a.e2e.ts', '   30 s test/e2e/disks/b.e2e.ts']);
});
