import assert from 'node:assert/strict';
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { onReserve, openDiskReserve } from './disk-reserve.js';

let directory: string;
before(async () => {
  directory = await mkdtemp(join(tmpdir(), 'reserve-'));
  await openDiskReserve(directory);
});
after(() => rm(directory, { recursive: true }));

const kept = async () => (await stat(join(directory, 'reserve'))).size;
const full = (times: number) => () => {
  if (times-- > 0) return Promise.reject(Object.assign(new Error('no space left'), { code: 'ENOSPC' }));
  return Promise.resolve('written');
};

test('4 MiB are kept back', async () => assert.equal(await kept(), 4 << 20));

test('a write that finds the disk full is done again with a piece of the reserve', async () => {
  assert.equal(await onReserve(full(2)), 'written');
  assert.equal(await kept(), (4 << 20) - (512 << 10));
});

test('another failure is not tried again', async () => {
  const before = await kept();
  await assert.rejects(
    onReserve(() => Promise.reject(new Error('broken'))),
    /broken/,
  );
  assert.equal(await kept(), before);
});

test('a disk that stays full fails the write when nothing is left', async () => {
  await assert.rejects(onReserve(full(100)), /no space left/);
  assert.equal(await kept(), 0);
});
