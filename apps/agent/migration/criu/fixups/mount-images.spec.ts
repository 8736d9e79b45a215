import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BinaryWriter } from '@bufbuild/protobuf/wire';
import { separateFollowersIn } from './mount-images.js';

const ROOT = 6;
const [SHARED, MASTER] = [10, 11];

function image(...mounts: [root: string, shared: number, master: number][]): Buffer {
  const entries = mounts.flatMap(([root, shared, master]) => {
    const writer = new BinaryWriter().uint32((ROOT << 3) | 2).string(root);
    const message = Buffer.from(
      writer
        .uint32(SHARED << 3)
        .uint32(shared)
        .uint32(MASTER << 3)
        .uint32(master)
        .finish(),
    );
    const length = Buffer.alloc(4);
    length.writeUInt32LE(message.length);
    return [length, message];
  });
  return Buffer.concat([Buffer.from('MAGICHEAD'.slice(0, 8)), ...entries]);
}

/** As CRIU reads it: the last of a field counts. */
function sharing(data: Buffer): string[] {
  const seen: string[] = [];
  for (let at = 8; at < data.length; at += 4 + data.readUInt32LE(at)) {
    const bytes = [...data.subarray(at + 4, at + 4 + data.readUInt32LE(at))];
    const fields = bytes.slice(2 + bytes[1]!);
    const last = (field: number) => fields[fields.findLastIndex((byte, i) => i % 2 === 0 && byte === field << 3) + 1];
    seen.push(`${last(SHARED)}<${last(MASTER)}`);
  }
  return seen;
}

test('mounts of two services that follow one peer group become groups of their own that follow it', () => {
  const init = image(['/', 5, 0]);
  const logind = image(['/', 7, 5], ['/systemd/propagate/logind', 0, 5]);
  const hostnamed = image(['/systemd/propagate/hostnamed', 0, 5]);
  const [first, second, third] = separateFollowersIn([init, logind, hostnamed]);
  assert.equal(first, init, 'as it was');
  assert.deepEqual(sharing(second!), ['7<5', '8<5']);
  assert.deepEqual(sharing(third!), ['9<5']);
  assert.deepEqual(separateFollowersIn([first!, second!, third!]), [first, second, third], 'once is enough');
});

test('a single follower, and followers of a mount outside, are left as they are', () => {
  const images = [image(['/', 5, 0]), image(['/a', 0, 5], ['/b', 0, 9], ['/c', 0, 9])];
  assert.deepEqual(separateFollowersIn(images), images);
});
