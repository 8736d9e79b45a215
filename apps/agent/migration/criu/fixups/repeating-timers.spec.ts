import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BinaryWriter } from '@bufbuild/protobuf/wire';
import { rearmExpired } from './repeating-timers.js';

test('a repeating timerfd with no time left gets a nanosecond; others stay as they are', () => {
  const expired = timerfd({ left: 0, every: 50 });
  const image = imageOf([timerfd({ left: 9, every: 50 }), timerfd({ left: 0, every: 0 }), regular(), expired]);
  const before = Buffer.from(image);
  assert.equal(rearmExpired(image), 1);
  assert.deepEqual(
    image,
    imageOf([
      timerfd({ left: 9, every: 50 }),
      timerfd({ left: 0, every: 0 }),
      regular(),
      timerfd({ left: 1, every: 50 }),
    ]),
  );
  assert.equal(image.length, before.length);
  assert.equal(rearmExpired(image), 0);
});

const imageOf = (entries: Uint8Array[]): Buffer =>
  Buffer.concat([
    Buffer.alloc(8),
    ...entries.flatMap((entry) => [Buffer.from(Uint32Array.of(entry.length).buffer), entry]),
  ]);

const regular = (): Uint8Array => new BinaryWriter().uint32(8).uint32(1).uint32(16).uint32(4).finish();

function timerfd({ left, every }: { left: number; every: number }): Uint8Array {
  const timer = new BinaryWriter().uint32(8).uint32(7);
  for (const [field, value] of [
    [4, 1],
    [5, 1],
    [6, 0],
    [7, 0],
    [8, left],
    [9, 0],
    [10, every],
  ] as const)
    timer.uint32(field << 3).uint64(value);
  return new BinaryWriter()
    .uint32(8)
    .uint32(17)
    .uint32(16)
    .uint32(300)
    .uint32((12 << 3) | 2)
    .bytes(timer.finish())
    .finish();
}
