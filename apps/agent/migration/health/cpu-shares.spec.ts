import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { test } from 'node:test';
import { cpuShares, cpuSharesOfLife } from './cpu-shares.js';
import { watchCpu } from './cpu-watch.js';
import { parseStat } from './task-sample.js';
import type { TaskSample, TaskTimes } from './task-sample.js';

const task = (id: number, times: Partial<TaskTimes>): TaskTimes => ({
  ...{ pid: 100 + id, id, name: 'x', ran: 0, waited: 0, age: 100_000 },
  ...times,
});
const sample = (at: number, ...tasks: TaskTimes[]): TaskSample => ({
  at,
  tasks: new Map(tasks.map((one) => [one.id, one])),
});
const named = ({ name, id }: TaskTimes) => `${name}-${id}`;

test('shares are of the time between, waiting for a CPU counted as wanting one', () => {
  const before = sample(1000, task(1, { ran: 500 }), task(2, { ran: 10 }), task(3, { ran: 0 }));
  const after = sample(3000, task(1, { ran: 900, waited: 1600 }), task(2, { ran: 20 }), task(3, { ran: 1000 }));
  const { seconds, busy, tasks } = cpuShares(before, after, named);
  assert.equal(seconds, 2);
  assert.deepEqual(busy, [
    { id: 1, name: 'x-1', ran: 0.2, wanted: 1 },
    { id: 3, name: 'x-3', ran: 0.5, wanted: 0.5 },
  ]);
  assert.deepEqual(tasks, [1, 2, 3]);
});

test('a task that is new, or another one under the same id, has no share; none is above one CPU', () => {
  const before = sample(0, task(1, { ran: 0 }), task(2, { ran: 0, pid: 7 }));
  const after = sample(1000, task(1, { ran: 1200 }), task(2, { ran: 900, pid: 8 }), task(3, { ran: 1000 }));
  assert.deepEqual(cpuShares(before, after, named).busy, [{ id: 1, name: 'x-1', ran: 1, wanted: 1 }]);
});

test('before a freeze a task counts for its life, if that is more than a short look shows', () => {
  const idle = { ran: 40_000, waited: 10_000 };
  const { busy } = cpuSharesOfLife(
    sample(0, task(1, idle), task(2, {}), task(3, {})),
    sample(100, task(1, idle), task(2, { ran: 90 }), task(3, {})),
    named,
  );
  assert.deepEqual(busy, [
    { id: 2, name: 'x-2', ran: 0.9, wanted: 0.9 },
    { id: 1, name: 'x-1', ran: 0.4, wanted: 0.5 },
  ]);
});

test('the 64 busiest of many are told', () => {
  const many = Array.from({ length: 100 }, (_, id) => id + 1);
  const before = sample(0, ...many.map((id) => task(id, {})));
  const { busy, tasks } = cpuShares(before, sample(1000, ...many.map((id) => task(id, { ran: 100 + id }))), named);
  assert.deepEqual([busy.length, busy[0]!.id, tasks.length], [64, 100, 100]);
});

test('a name may hold what ends a name', () => {
  const fields = 'R 1 2 3 4 5 6 7 8 9 10 150 50 0 0 20 0 1 0 4200 1 2';
  assert.deepEqual(parseStat(`12 (a) (b\n) ${fields}`), { name: 'a) (b?', ran: 2000, started: 42_000 });
  assert.equal(parseStat(''), undefined);
});

test('a process that spins is seen to, whatever else the machine does', async () => {
  const child = spawn('/bin/sh', ['-c', 'while :; do :; done']);
  await once(child, 'spawn');
  try {
    const { busy } = await watchCpu(child.pid!, 0.5, new AbortController().signal);
    assert.equal(busy[0]!.id, child.pid);
    assert.ok(busy[0]!.wanted > 0.8, `wanted ${busy[0]!.wanted}`);
  } finally {
    child.kill('SIGKILL');
  }
});
