import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { faultPoint } from './fault-point.js';

let directory: string;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'fault-points-'));
  process.env.LXSTACK_FAULT_POINTS = directory;
});

afterEach(async () => {
  delete process.env.LXSTACK_FAULT_POINTS;
  await rm(directory, { recursive: true });
});

test('without the setting a fault point is nothing', () => {
  delete process.env.LXSTACK_FAULT_POINTS;
  assert.equal(faultPoint('source.cut'), undefined);
});

test('a fault point that nobody holds leaves its mark and goes on', async () => {
  await faultPoint('source.cut');
  assert.ok(existsSync(join(directory, 'source.cut.reached')));
});

test('a fault point that is held goes on when the hold goes', async () => {
  const hold = join(directory, 'source.cut.hold');
  await writeFile(hold, '');
  let passed = false;
  const point = faultPoint('source.cut')!.then(() => (passed = true));
  while (!existsSync(join(directory, 'source.cut.reached'))) await new Promise(setImmediate);
  await new Promise(setImmediate);
  assert.equal(passed, false);
  await rm(hold);
  await point;
});
