import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BinaryWriter } from '@bufbuild/protobuf/wire';
import { HEADER } from '../image-fields.js';
import { restartWait } from './interrupted-waits.js';

const EINTR = 2n ** 64n - 4n;
const AT = 0x7f1234567890n;
const POLL = { ax: EINTR, si: 1n, call: 7n, ip: AT };

test('poll that CRIU has ended is called again, in the same bytes', () => {
  const image = core(POLL);
  assert.equal(restartWait(image), true);
  assert.deepEqual(numbersIn(image), numbersIn(core({ ...POLL, ax: 7n, ip: AT - 2n })));
  assert.equal(restartWait(image), false);
});

test('a futex is called again where its time is a point in time', () => {
  const futex = { ...POLL, call: 202n };
  assert.equal(restartWait(core({ ...futex, si: 0x189n })), true);
  assert.equal(restartWait(core({ ...futex, si: 0x80n })), false);
});

test('other calls, other results, and waits that a pending signal may end stay as they are', () => {
  for (const regs of [
    { ...POLL, call: 35n },
    { ...POLL, ax: 1n },
    { ...POLL, ax: 2n ** 64n - 11n },
  ])
    assert.equal(restartWait(core(regs)), false);
  assert.equal(restartWait(core(POLL, Uint8Array.of(0x0a, 0))), false);
  assert.equal(restartWait(core(POLL, Uint8Array.of())), true);
});

function core(regs: typeof POLL, pending?: Uint8Array): Buffer {
  const registers = new BinaryWriter();
  const numbers: [number, bigint][] = [
    [11, regs.ax],
    [14, regs.si],
    [16, regs.call],
    [17, regs.ip],
    [18, 0x33n],
  ];
  for (const [number, value] of numbers) registers.uint32(number << 3).uint64(value);
  const info = new BinaryWriter()
    .uint32((2 << 3) | 2)
    .bytes(registers.finish())
    .finish();
  const thread = new BinaryWriter();
  if (pending) thread.uint32((9 << 3) | 2).bytes(pending);
  const entry = new BinaryWriter().uint32(1 << 3).uint32(1);
  entry.uint32((2 << 3) | 2).bytes(info);
  entry.uint32((5 << 3) | 2).bytes(thread.finish());
  const bytes = entry.finish();
  const size = Buffer.alloc(4);
  size.writeUInt32LE(bytes.length);
  return Buffer.concat([Buffer.alloc(HEADER), size, bytes]);
}

/** The numbers of the registers, whatever the length of their bytes. */
function numbersIn(image: Buffer): bigint[] {
  const numbers: bigint[] = [];
  let [value, shift] = [0n, 0n];
  const from = image.indexOf(Buffer.of(11 << 3));
  for (const byte of image.subarray(from)) {
    value |= BigInt(byte & 0x7f) << shift;
    shift += 7n;
    if (byte & 0x80) continue;
    numbers.push(value);
    [value, shift] = [0n, 0n];
  }
  return numbers;
}
