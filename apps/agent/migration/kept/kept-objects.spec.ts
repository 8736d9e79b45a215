import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readlink } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import { test } from 'node:test';
import { lostByTarget } from './not-put.js';
import { armPutting, putKept, readKept } from './kept-objects.js';

test('what could not be put back is told by kind and process', async () => {
  const tasks = [{ pid: process.pid, name: 'db.service', session: 1, leaderEnded: false }];
  const lost = await lostByTarget(['affinity 999999 9 ff: Invalid argument', 'no order at all'], tasks);
  assert.deepEqual(
    lost.map(({ kind, holders }) => [kind, holders]),
    [['affinity', ['Process 999999']]],
  );
  assert.deepEqual(await lostByTarget([], tasks), []);
});

test('a TCP connection that was accepted has no option to be put back', async () => {
  const server = createServer().listen(0);
  await once(server, 'listening');
  const client = connect((server.address() as AddressInfo).port, '127.0.0.1');
  try {
    const [accepted] = (await once(server, 'connection')) as [Socket];
    const { fd } = (accepted as unknown as { _handle: { fd: number } })._handle;
    const files = [{ fd: String(fd), link: await readlink(`/proc/self/fd/${fd}`) }];
    const task = { pid: process.pid, name: 'x', session: 0, leaderEnded: false };
    const read = await readKept(process.pid, [{ task, files }]);
    assert.deepEqual(
      read.filter((line) => / 0 33 | 41 1[78] /.test(line)),
      [],
    );
    accepted.destroy();
  } finally {
    client.destroy();
    server.close();
  }
});

test(
  'what a process has chosen is read as orders, and put back to another',
  { skip: process.getuid!() ? 'only root may change other processes' : false },
  async () => {
    const [one, other] = ['ionice -c 2 -n 1 sleep 600', 'sleep 600'].map((line) =>
      spawn('/usr/bin/env', line.split(' '), { stdio: 'ignore' }),
    );
    try {
      await Promise.all([one, other].map((child) => once(child!, 'spawn')));
      const held = (pid: number) => [{ task: { pid, name: 'x', session: 0, leaderEnded: false }, files: [] }];
      const wanted = `io-priority ${one!.pid} ${one!.pid} ${(2 << 13) | 1}`;
      let read: string[] = [];
      while (!read.length) read = await readKept(one!.pid!, held(one!.pid!)); // until it has executed ionice
      assert.deepEqual(read, [wanted]);
      const moved = wanted.replaceAll(` ${one!.pid}`, ` ${other!.pid}`);
      const put = (orders: string[]) => putKept(armPutting(), process.pid, orders);
      assert.deepEqual(await put([moved]), []);
      assert.deepEqual(await readKept(other!.pid!, held(other!.pid!)), [moved]);
      assert.deepEqual(await put(['nonsense 1']), ['nonsense 1: no such order']);
    } finally {
      for (const child of [one, other]) child!.kill('SIGKILL');
    }
  },
);
