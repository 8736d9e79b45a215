import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BinaryWriter } from '@bufbuild/protobuf/wire';
import { HEADER, appendEntry, entriesOf, fieldsOf } from '../image-fields.js';
import { openExecutablesIn } from './executables.js';

const O_PATH = 0o10000000;
const NAME = 'usr/lib/systemd/systemd-executor';

test('a process whose executable is somewhere open with O_PATH alone gets an entry for reading, one for all', () => {
  const files = image(file(0x11, O_PATH, NAME), file(0x300, 0, 'bin/sh'));
  const images = new Map([
    ...Object.entries({ 'files.img': files, 'mm-1.img': image(mm(0x300)), 'mm-7.img': image(mm(0x11)) }),
    ['mm-8.img', image(mm(0x11))],
    ['remap-fpath.img', image(remap(0x300), remap(0x11))],
  ] as [string, Buffer][]);
  const changed = openExecutablesIn(images);
  assert.deepEqual([...changed.keys()].sort(), ['files.img', 'mm-7.img', 'mm-8.img', 'remap-fpath.img']);
  assert.deepEqual(changed.get('files.img')!.subarray(0, files.length), files, 'what was there stays');
  const added = [...entriesOf(changed.get('files.img')!)].map((entry) => last(entry)).at(-1)!;
  assert.deepEqual({ ...added, 3: undefined }, { 1: 1, 2: 0x301, 3: undefined });
  assert.deepEqual(last(added[3] as Buffer), { 1: 0x301, 2: 0, 6: Buffer.from(NAME) });
  for (const pid of [7, 8])
    assert.deepEqual([...entriesOf(changed.get(`mm-${pid}.img`)!)].map(last), [{ 1: 4096, 12: 0x301 }]);
  assert.deepEqual([...entriesOf(changed.get('remap-fpath.img')!)].map(last), [
    { 1: 0x300, 2: 5 },
    { 1: 0x11, 2: 5 },
    { 1: 0x301, 2: 5 },
  ]);
});

test('images without such a process stay as they are', () => {
  const files = image(file(0x11, O_PATH, NAME), file(2, 0, 'bin/sh'));
  assert.equal(
    openExecutablesIn(
      new Map([
        ['files.img', files],
        ['mm-1.img', image(mm(2))],
      ]),
    ).size,
    0,
  );
});

const image = (...messages: Buffer[]): Buffer => messages.reduce(appendEntry, Buffer.alloc(HEADER, 'M'));
const mm = (executable: number): Buffer => numbers([1, 4096], [12, executable]);
const remap = (id: number): Buffer => numbers([1, id], [2, 5]);

function file(id: number, flags: number, name: string): Buffer {
  const reg = Buffer.concat([
    numbers([1, id], [2, flags]),
    new BinaryWriter()
      .uint32((6 << 3) | 2)
      .string(name)
      .finish(),
  ]);
  return Buffer.concat([
    numbers([1, 1], [2, id]),
    new BinaryWriter()
      .uint32((3 << 3) | 2)
      .bytes(reg)
      .finish(),
  ]);
}

function numbers(...values: [field: number, value: number][]): Buffer {
  const writer = new BinaryWriter();
  for (const [field, value] of values) writer.uint32(field << 3).uint32(value);
  return Buffer.from(writer.finish());
}

/** As CRIU reads a message: the last of a field counts. */
function last(message: Buffer): Record<number, number | Buffer> {
  const bytes = (number: number) => number === 3 || number === 6;
  return Object.fromEntries(
    fieldsOf(message).map(({ number, at, end, value }) => [number, bytes(number) ? message.subarray(at, end) : value]),
  );
}
