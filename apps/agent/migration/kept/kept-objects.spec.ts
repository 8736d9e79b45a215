import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { test } from 'node:test';
import { lostByTarget } from './not-put.js';
import { putKept, readKept } from './kept-objects.js';

test('what could not be put back is told by kind and process', async () => {
  const tasks = [{ pid: process.pid, name: 'db.service', session: 1, leaderEnded: false }];
  const lost = await lostByTarget(['affinity 999999 9 ff: Invalid argument', 'no order at all'], tasks);
  assert.deepEqual(
    lost.map(({ kind, holders }) => [kind, holders]),
    [['affinity', ['Process 999999']]],
  );
  assert.deepEqual(await lostByTarget([], tasks), []);
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
      assert.deepEqual(await putKept(process.pid, [moved]), []);
      assert.deepEqual(await readKept(other!.pid!, held(other!.pid!)), [moved]);
      assert.deepEqual(await putKept(process.pid, ['nonsense 1']), ['nonsense 1: no such order']);
    } finally {
      for (const child of [one, other]) child!.kill('SIGKILL');
    }
  },
);
