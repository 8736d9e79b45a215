import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hasPending, netlinkWithData, queuesWithData, stuckListeners } from './unread-data.js';

test('a netlink socket of a program with messages counts, one of the kernel does not', () => {
  const text = `sk               Eth Pid        Groups   Rmem     Wmem     Dump  Locks    Drops    Inode
00000000738c5879 0   0          00000000 832      0        0     2        0        18066704
0000000048d6e134 0   23068      00000001 4352     0        1     2        0        18066729
000000009c6dfe5d 4   77         00000000 0        0        0     2        0        18066710
`;
  assert.deepEqual(netlinkWithData(text), ['18066729']);
});

test('connections to unix sockets that wait to be accepted are seen', () => {
  const accepted = '00000000ce948774: 00000003 00000000 00000000 0001 03 18066722\n';
  const listener = '0000000067c6c3d6: 00000002 00000000 00010000 0001 01 18066720 /tmp/a.sock\n';
  assert.equal(hasPending(accepted + listener), false);
  assert.equal(hasPending(`${listener}00000000f7b3e69f: 00000003 00000000 00000000 0001 02     0 /tmp/a.sock\n`), true);
});

test("a listener's unaccepted connection counts where it has sent data or was closed, not where it has sent nothing", () => {
  const lines = `u_str ESTAB  0      0                          * 22 * 0        <->
u_str ESTAB  0      768                        * 23 * 0        <->
u_str ESTAB  0      768                        * 27 * 28       <->
u_str LISTEN 1      9        /tmp/with data.sock 20 * 0        <-> ino:2151791 dev:0/65024 peers: 23
u_seq LISTEN 2      9            /tmp/closed.sock 21 * 0        <-> ino:2151792 dev:0/65024 peers: 22 0
u_str LISTEN 1      9                      @empty 19 * 0        <-> peers: 22
u_str LISTEN 0      9                       @none 18 * 0        <->
`;
  assert.deepEqual(stuckListeners(lines), [
    { path: '/tmp/with data.sock', inode: '20' },
    { path: '/tmp/closed.sock', inode: '21' },
  ]);
});

test('a socket with what nobody has read counts, whatever its kind; a listener does not', () => {
  const lines = `u_str ESTAB  3      0                          * 22 * 23       <->
u_str ESTAB  0      768                        * 23 * 22       <->
u_dgr UNCONN 768    0      /run/systemd/dev log 24 * 0        <-> ino:2151791 dev:0/65024
u_dgr UNCONN 0      0                      @none 25 * 0        <->
u_seq LISTEN 2      9            /tmp/closed.sock 21 * 0        <-> peers: 22 0
`;
  assert.deepEqual(
    queuesWithData(lines).map(({ path, inode }) => [path.trim(), inode]),
    [
      ['*', '22'],
      ['/run/systemd/dev log', '24'],
    ],
  );
});
