import assert from 'node:assert/strict';
import { beforeEach, test } from 'node:test';
import type { FenceOrder } from './fence-order.js';
import { look } from './guard.js';
import type { HeldAs } from './held-instances.js';

let order: FenceOrder | undefined;
let now: number;
let running: Set<string>;
let held: Map<string, HeldAs>;
let deeds: string[];

beforeEach(() => {
  order = { leaseEndsMs: 10_000, freezeSeconds: 3, stopSeconds: 12, instances: [one('a'), one('b')] };
  now = 0;
  running = new Set(['c-a', 'c-b']);
  held = new Map();
  deeds = [];
});

const one = (id: string) => ({ id, cgroup: `c-${id}` });
const deps = {
  order: () => order,
  now: () => now,
  held: {
    find: (id: string) => held.get(id),
    hold: (id: string, as: HeldAs) => void (held.set(id, as), deeds.push(`${id} is ${as}`)),
  },
  cgroups: {
    isPopulated: (cgroup: string) => running.has(cgroup),
    freeze: (cgroup: string) => void deeds.push(`freeze ${cgroup}`),
    kill: (cgroup: string) => void (running.delete(cgroup), deeds.push(`kill ${cgroup}`)),
  },
  log: () => undefined,
};

/** Looks as the guard's process does, until `end`. */
function until(end: number): void {
  while (now < end) now = Math.min(end, now + look(deps));
}

test('a running instance is recorded before it is frozen, and again before it is killed', () => {
  until(13_000);
  assert.deepEqual(deeds, []);
  until(14_000);
  assert.deepEqual(deeds, ['a is frozen', 'freeze c-a', 'b is frozen', 'freeze c-b']);
  deeds = [];
  until(22_000);
  assert.ok(!deeds.some((deed) => deed.startsWith('kill')));
  deeds = [];
  until(23_000);
  assert.deepEqual(deeds, ['a is stopped', 'kill c-a', 'b is stopped', 'kill c-b']);
});

test('while the lease is renewed in time no instance is touched', () => {
  for (let end = 10_000; end < 100_000; end += 5_000) {
    order = { ...order!, leaseEndsMs: end };
    until(end);
  }
  assert.deepEqual(deeds, []);
});

test('a lease that is renewed while the guard works spares the instances that are left', () => {
  now = 14_000;
  const { freeze } = deps.cgroups;
  const renewing = (cgroup: string) => (freeze(cgroup), (order = { ...order!, leaseEndsMs: 50_000 }), undefined);
  look({ ...deps, cgroups: { ...deps.cgroups, freeze: renewing } });
  assert.deepEqual(deeds, ['a is frozen', 'freeze c-a']);
});

test('a stopped instance is not held, so nobody starts it afterwards', () => {
  running.delete('c-b');
  until(60_000);
  assert.deepEqual([...held.keys()], ['a']);
});

test('an instance that is started without a lease is stopped within a second', () => {
  running.clear();
  until(60_000);
  running.add('c-b');
  until(61_000);
  assert.deepEqual(deeds, ['b is stopped', 'kill c-b']);
});

test('an instance that cannot be fenced does not keep the guard from the next one', () => {
  now = 30_000;
  const { kill } = deps.cgroups;
  const failing = (cgroup: string) => {
    if (cgroup === 'c-a') throw new Error('EIO');
    kill(cgroup);
  };
  look({ ...deps, cgroups: { ...deps.cgroups, kill: failing } });
  assert.ok(deeds.includes('kill c-b'));
});

test('without an order the guard touches nothing', () => {
  order = undefined;
  now = 60_000;
  look(deps);
  assert.deepEqual(deeds, []);
});
