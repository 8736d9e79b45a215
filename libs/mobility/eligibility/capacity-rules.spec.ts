import assert from 'node:assert/strict';
import { test } from 'node:test';
import { blocksCapacity } from './capacity-rules.js';

const MIB = 2 ** 20;
const needs = { memoryNeededBytes: 100 * MIB, diskNeededBytes: 50 * MIB };
const left = (memory: number, images: number, disk: number) => ({
  memoryAvailableBytes: memory * MIB,
  imagesAvailableBytes: images * MIB,
  diskAvailableBytes: disk * MIB,
});

test('memory has to be there twice, images and disk once', () => {
  assert.deepEqual(blocksCapacity(needs, 'h2', left(200, 100, 50), false), []);
  const [memory, images, disk] = blocksCapacity(needs, 'h2', left(199, 99, 49), false);
  assert.match(memory!, /h2 has 199 MiB of memory left, 200 MiB are needed/);
  assert.match(images!, /99 MiB left for images of memory, 100 MiB are needed/);
  assert.match(disk!, /49 MiB of disk left, 50 MiB are to be sent/);
});

test('a full disk or tmpfs is refused, one that nobody has counted is not', () => {
  assert.equal(blocksCapacity(needs, 'h2', left(200, 0, 0), false).length, 2);
  assert.equal(blocksCapacity(needs, 'h2', left(0, 0, 0), false).length, 0);
});

test('an operator may over-commit the disk', () => {
  assert.equal(blocksCapacity(needs, 'h2', left(200, 100, 49), true).length, 0);
});
