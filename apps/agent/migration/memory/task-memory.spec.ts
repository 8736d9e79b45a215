import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TaskCopy } from './task-copy.js';
import { TaskMemory, anonymousRanges } from './task-memory.js';

test('anonymous memory is what is private, readable, of no file, and never code', () => {
  const maps = [
    '00400000-00401000 r-xp 00000000 08:01 1234                               /bin/cat',
    '00500000-00502000 rw-p 00000000 00:00 0                                  [heap]',
    '7f0000000000-7f0000100000 rw-p 00000000 00:00 0 ',
    '7f0000200000-7f0000201000 rwxp 00000000 00:00 0 ',
    '7f0000300000-7f0000301000 ---p 00000000 00:00 0 ',
    '7f0000400000-7f0000401000 rw-s 00000000 00:01 77                         /dev/zero (deleted)',
    '7f0000500000-7f0000501000 r--p 00000000 00:00 0                          [vvar]',
    '7ffc00000000-7ffc00021000 rw-p 00000000 00:00 0                          [stack]',
  ].join('\n');
  assert.deepEqual(anonymousRanges(maps), [
    { start: 0x500000, end: 0x502000 },
    { start: 0x7f0000000000, end: 0x7f0000100000 },
    { start: 0x7ffc00000000, end: 0x7ffc00021000 },
  ]);
});

test('a copy of a task tells what was written since the pass before, and what it has seen', () => {
  const memory = Buffer.alloc(3 << 20, 1);
  let closed = false;
  const fake = {
    close: () => void (closed = true),
    ranges: () => [{ start: 4096, end: 3 << 20 }],
    present: ({ start, end }: { start: number; end: number }) => [{ start, end }],
    read: (into: Buffer, address: number) => memory.copy(into, 0, address, address + into.length),
  };
  const copy = new TaskCopy(fake as unknown as TaskMemory);
  const pass = () =>
    [...copy.changes()].filter(({ data }) => data.length).map(({ address, data }) => [address, data.length]);
  assert.equal(
    pass().reduce((sum, [, length]) => sum + length!, 0),
    (3 << 20) - 4096,
  );
  assert.deepEqual(pass(), []);
  memory[5 * 4096] = memory[6 * 4096 + 7] = memory[(2 << 20) + 1] = 9;
  assert.deepEqual(pass(), [
    [5 * 4096, 2 * 4096],
    [2 << 20, 4096],
  ]);
  assert.ok(copy.has(4096));
  assert.ok(!copy.has(0));
  fake.present = () => [];
  assert.deepEqual(pass(), []);
  assert.ok(!copy.has(4096), 'gone meanwhile');
  copy.close();
  assert.ok(closed);
});
