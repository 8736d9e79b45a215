import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isNameless } from './file-losses.js';
import { parseHidden } from './hidden-losses.js';
import { byKind } from './loss.js';
import { connectedUnix } from './socket-losses.js';

test('losses are told by kind, each process once and 32 of many', () => {
  const one = (holder: string) => ({ kind: 'keyring', what: 'gone', holder });
  const many = Array.from({ length: 40 }, (_, index) => one(`Process p (pid ${index})`));
  const [keyring, other] = byKind([...many, one('Process p (pid 3)'), { ...one('a.service'), kind: 'nameless' }]);
  assert.deepEqual([keyring!.holders.length, keyring!.count], [32, 40]);
  assert.deepEqual(other, { kind: 'nameless', what: 'gone', holders: ['a.service'], count: 1 });
});

test('a file that never had a name is told by its flags', () => {
  assert.equal(isNameless('pos:\t8\nflags:\t022200002\nmnt_id:\t15\n'), true);
  assert.equal(isNameless('pos:\t8\nflags:\t02200002\nmnt_id:\t15\n'), false);
});

test('connected unix streams and seqpackets are told from listeners, datagrams and pairs that wait', () => {
  const text = `Num       RefCount Protocol Flags    Type St Inode Path
0000000000000000: 00000002 00000000 00010000 0001 01 11 /run/listener
0000000000000000: 00000003 00000000 00000000 0001 03 12 /run/stream
0000000000000000: 00000003 00000000 00000000 0005 03 13
0000000000000000: 00000003 00000000 00000000 0002 03 14
0000000000000000: 00000003 00000000 00000000 0001 02     0
`;
  assert.deepEqual(connectedUnix(text), ['12', '13']);
});

test('what the script says is given the name of its process, or the user inside', () => {
  const tasks = [{ pid: 77, name: 'db.service', session: 1, leaderEnded: false }];
  const losses = parseHidden('keyring 100033\nsysv-undo 77\ninotify-queued 78\n', tasks, {
    base: 100_000,
    size: 65_536,
  });
  assert.deepEqual(
    losses.map(({ kind, holder }) => [kind, holder]),
    [
      ['keyring', 'User 33'],
      ['sysv-undo', 'db.service'],
    ],
  );
});
