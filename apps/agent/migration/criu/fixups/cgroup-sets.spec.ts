import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BinaryWriter } from '@bufbuild/protobuf/wire';
import { sameSets, shareSets } from './cgroup-sets.js';
import { field, fieldsOf } from '../image-fields.js';

test('tasks in the same cgroups are put in one set; the size of their images stays', () => {
  const same = sameSets(imageOf(cgroups([1, '/'], [2, '/a'], [300, '/a'], [301, '/b'])));
  assert.deepEqual([...same], [[300, 2]]);
  const [moved, kept] = [imageOf(core(300)), imageOf(core(301))];
  const length = moved.length;
  shareSets(moved, same);
  shareSets(kept, same);
  assert.equal(moved.length, length);
  assert.deepEqual(
    [setsIn(moved), setsIn(kept)],
    [
      [2, 2],
      [301, 301],
    ],
  );
  assert.deepEqual(kept, imageOf(core(301)));
});

const lengthDelimited = (number: number): number => (number << 3) | 2;

function cgroups(...sets: [number, string][]): Uint8Array {
  const image = new BinaryWriter();
  for (const [id, path] of sets) {
    const member = new BinaryWriter().uint32(10).string('pids').uint32(18).string(path).finish();
    image.uint32(lengthDelimited(1)).bytes(new BinaryWriter().uint32(8).uint32(id).uint32(18).bytes(member).finish());
  }
  return image.finish();
}

function core(set: number): Uint8Array {
  const task = new BinaryWriter()
    .uint32(8)
    .uint32(1)
    .uint32(9 << 3)
    .uint32(set)
    .finish();
  const thread = new BinaryWriter()
    .uint32(8)
    .uint64('18446744073709551615')
    .uint32(16 << 3)
    .uint32(set)
    .finish();
  const entry = new BinaryWriter().uint32(8).uint32(1).uint32(lengthDelimited(3)).bytes(task);
  return entry.uint32(lengthDelimited(5)).bytes(thread).finish();
}

const imageOf = (entry: Uint8Array): Buffer =>
  Buffer.concat([Buffer.alloc(8), Buffer.from(Uint32Array.of(entry.length).buffer), entry]);

function setsIn(image: Buffer): (number | undefined)[] {
  const entry = image.subarray(12);
  return [[3, 9] as const, [5, 16] as const].map(([part, number]) => {
    const { at, end } = field(entry, part)!;
    return fieldsOf(entry.subarray(at, end)).find((one) => one.number === number)?.value;
  });
}
