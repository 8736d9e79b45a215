import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openFilesLimit } from './descriptor-limits.js';
import { whyHidden } from './hidden-files.js';
import { mountsIn, ofRemoved } from './mounts.js';
import { hasMptcp, linkLocalSockets } from './special-tcp.js';
import { signalledThreads } from './thread-timers.js';

const mounts = mountsIn(`30 1 0:9 / / rw - overlay overlay rw
31 30 0:10 / /a/b rw - tmpfs t rw
32 30 0:11 / /a rw - tmpfs t rw
33 32 0:12 / /a/b rw - tmpfs t rw
34 30 0:9 /x//deleted /opt/here rw - overlay overlay rw
`);
const known = new Set(mounts.map(({ id }) => id));
const why = (path: string, id: string) => whyHidden(path, id, mounts, known);

test('a file is hidden where its file system is gone or something is mounted over its path', () => {
  assert.equal(why('/a/b/f', '33'), undefined);
  assert.equal(why('/etc/f', '30'), undefined);
  assert.equal(why('/a/b/f', '31'), 'over which /a/b is mounted');
  assert.equal(why('/a/f', '30'), 'over which /a is mounted');
  assert.equal(why('/ab', '30'), undefined, 'a name that begins alike');
  assert.equal(why('/gone/f', '99'), 'whose file system is unmounted');
});

test('a file of another mount namespace is judged in that one', () => {
  assert.equal(whyHidden('/f', '77', mounts, new Set([...known, '77'])), undefined);
});

test('a bind mount of a removed file is seen', () => {
  assert.deepEqual(
    ofRemoved(mounts).map(({ point }) => point),
    ['/opt/here'],
  );
});

test('timers that signal a thread are told from those that signal the process', () => {
  const timers =
    'ID: 0\nsignal: 34/0000\nnotify: signal/tid.71\nClockID: 1\nID: 1\nsignal: 14/0\nnotify: signal/pid.70\nClockID: 0\n';
  assert.deepEqual(signalledThreads(timers), [71]);
});

test('the limit of open files is the soft one, and none where it is unlimited', () => {
  assert.equal(openFilesLimit('Max open files            16                   20000                files\n'), 16);
  assert.equal(openFilesLimit('Max open files            unlimited            unlimited            files\n'), Infinity);
});

test('MPTCP and connections of link-local addresses are found in what /proc shows', () => {
  assert.equal(hasMptcp('protocol  size sockets\nMPTCP     1824      1      -1   NI\n'), true);
  assert.equal(hasMptcp('protocol  size sockets\nMPTCP     1824      0      -1   NI\nTCP 2 3 4\n'), false);
  const line = (local: string, state: string, inode: string) =>
    `   0: ${local}:115D 00000000000000000000000000000000:0000 ${state} 00000000:00000000 00:00000000 00000000     0        0 ${inode} 1`;
  const tcp6 = [
    'header',
    line('000080FE000000000000000099000000', '01', '11'),
    line('000080FE000000000000000099000000', '06', '0'),
  ];
  assert.deepEqual(linkLocalSockets([...tcp6, line('00000000000000000000000001000000', '01', '12')].join('\n')), [
    '11',
  ]);
});
