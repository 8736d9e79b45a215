import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { inodesIn, kernelDevice, writeIrmapCache } from './watched-files.js';

test('the marks of an inotify or fanotify file on one device are its inodes', () => {
  const fdinfo = `pos:\t0
inotify wd:2 ino:23ea8e sdev:4b mask:80c ignored_mask:0 fhandle-bytes:20 fhandle-type:f8 f_handle:00
inotify wd:1 ino:3c sdev:123 mask:100 ignored_mask:0 fhandle-bytes:c fhandle-type:1 f_handle:84
fanotify ino:10 sdev:4b mflags:0 mask:3 ignored_mask:0 fhandle-bytes:8 fhandle-type:1 f_handle:11
`;
  assert.deepEqual(inodesIn(fdinfo, 0x4b), ['2353806', '16']);
});

test('the cache for CRIU has its two magic numbers, then each entry with its size before it', async (context) => {
  const directory = await mkdtemp(join(tmpdir(), 'irmap-'));
  context.after(() => rm(directory, { recursive: true }));
  await writeIrmapCache(directory, { device: 0x4b, paths: new Map([['300', 'etc/x']]), nameless: [] });
  const image = await readFile(join(directory, 'irmap-cache'));
  assert.equal(
    image.toString('hex'),
    '4059105559400057' + '0d000000' + '084b' + '10ac02' + '1a06' + Buffer.from('/etc/x').toString('hex'),
  );
});

test('a device number is compared in the form of the kernel', () => {
  assert.equal(kernelDevice(0x3d), 0x3d);
  assert.equal(kernelDevice(0x801), 0x800001);
  assert.equal(kernelDevice(0x10003d), 0x13d, 'an anonymous device above 255');
});
