import assert from 'node:assert/strict';
import { test } from 'node:test';
import { mountsBelow } from './mounts.js';

const mountinfo = [
  '1 0 8:1 / / rw - ext4 /dev/sda rw',
  '2 1 0:5 / /var/a rw - tmpfs tmpfs rw',
  '3 2 0:6 / /var/a/b\\040c rw - proc proc rw',
  '4 1 0:7 / /var/ab rw - tmpfs tmpfs rw',
].join('\n');

test('mounts below a folder are listed latest first, without those of a folder whose name begins the same', () => {
  assert.deepEqual(mountsBelow(mountinfo, '/var/a'), ['/var/a/b c', '/var/a']);
});
