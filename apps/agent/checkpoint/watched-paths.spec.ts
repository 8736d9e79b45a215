import assert from 'node:assert/strict';
import { test } from 'node:test';
import { inOrder, inodesOn, kernelDevice } from './watched-paths.js';

test('the inodes that an inotify instance watches on one device are read from fdinfo', () => {
  const info = `pos:\t0
flags:\t00
inotify wd:3 ino:1fe139 sdev:3d mask:3cc ignored_mask:0 fhandle-bytes:8 fhandle-type:1 f_handle:39e11f0000000000
inotify wd:1 ino:2 sdev:3e mask:3cc ignored_mask:0 fhandle-bytes:8 fhandle-type:1 f_handle:02
inotify wd:2 ino:ffffffffffffffff sdev:3d mask:3cc ignored_mask:0 fhandle-bytes:8 fhandle-type:1 f_handle:02
`;
  assert.deepEqual(inodesOn(0x3d, info), [0x1fe139n, 0xffffffffffffffffn]);
});

test('a device number is compared in the form of the kernel', () => {
  assert.equal(kernelDevice(0x3d), 0x3d);
  assert.equal(kernelDevice(0x801), 0x800001);
  assert.equal(kernelDevice(0x10003d), 0x13d, 'an anonymous device above 255');
});

test('files come first, then the deepest directories; a name of two lines and the root itself not at all', () => {
  const found = 'd 1 etc\0d 3 usr/lib/udev\0f 2 etc/localtime\0f 1 two\nlines\0d 0 \0';
  assert.deepEqual(inOrder(found), ['/etc/localtime', '/usr/lib/udev', '/etc']);
});
