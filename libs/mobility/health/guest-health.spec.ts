import assert from 'node:assert/strict';
import { test } from 'node:test';
import { GuestHealth } from '#generated/lxstack/agent/v1/guest';
import type { GuestCpu } from '#generated/lxstack/agent/v1/guest';
import { guestHealth } from './guest-health.js';

const busy = (id: number, wanted: number, ran = wanted) => ({ id, name: `task-${id}`, wanted, ran });
const cpu = (tasks: number[], ...most: ReturnType<typeof busy>[]): GuestCpu => ({ seconds: 3, busy: most, tasks });
const seen = (fields: Partial<GuestHealth> = {}): GuestHealth => ({
  ...GuestHealth.create(),
  ...{ running: true, init: 'systemd', initAnswers: true, initState: 'running', cpu: cpu([1, 2, 3]) },
  limits: [{ name: 'memory.max', expected: 1 << 28, found: 1 << 28 }],
  ...fields,
});
const findingsOf = (fields: Partial<GuestHealth>, before?: GuestCpu) => guestHealth(seen(fields), before, 10).findings;

test('a guest that does what it did is well', () => {
  const health = guestHealth(seen(), cpu([1, 2, 3]), 10);
  assert.equal(health.well, true);
  assert.deepEqual(health.findings, []);
  assert.deepEqual(health.init, { kind: 'systemd', answers: true, state: 'running' });
});

test('a task that did not run before and spins now is named, also where the machine lets it run little', () => {
  const before = cpu([1, 2, 3], busy(2, 0.1));
  const health = guestHealth(seen({ cpu: cpu([1, 2, 3], busy(1, 0.99, 0.02), busy(2, 0.95)) }), before, 10);
  assert.equal(health.well, false);
  assert.deepEqual(health.cpu.spinning, [
    { name: 'task-1', before: 0, now: 0.99, ran: 0.02 },
    { name: 'task-2', before: 0.1, now: 0.95, ran: 0.95 },
  ]);
  assert.match(health.findings[0]!, /^task-1 did not run before the move and spins now: 99 %/);
});

test('what each busy task took before and after is kept, the busiest first', () => {
  const before = cpu([1, 2, 3], busy(2, 0.3), busy(3, 0.1));
  const { tasks } = guestHealth(seen({ cpu: cpu([1, 2, 4], busy(1, 0.2), busy(4, 0.5)) }), before, 10).cpu;
  assert.deepEqual(tasks, [
    { name: 'task-4', before: null, now: 0.5 },
    { name: 'task-2', before: 0.3, now: 0 },
    { name: 'task-1', before: 0, now: 0.2 },
    { name: 'task-3', before: 0.1, now: null },
  ]);
  const unknown = guestHealth(seen({ cpu: cpu([1], busy(1, 1)) }), undefined, 10).cpu.tasks;
  assert.deepEqual(unknown, [{ name: 'task-1', before: null, now: 1 }]);
  const many = Array.from({ length: 64 }, (_, id) => busy(id, 0.5));
  const others = Array.from({ length: 64 }, (_, id) => busy(100 + id, 0.1));
  const most = guestHealth(seen({ cpu: cpu([], ...others) }), cpu([], ...many), 10).cpu.tasks!;
  assert.deepEqual([most.length, most.every((task) => task.before === 0.5)], [64, true]);
});

test('one that ran before, one that is new, one that only works and one that waits for its turn are no findings', () => {
  const before = cpu([1, 2, 4], busy(1, 0.9));
  assert.deepEqual(
    findingsOf({ cpu: cpu([1, 2, 3, 4], busy(1, 1), busy(2, 0.85), busy(3, 1), busy(4, 0.95, 0.005)) }, before),
    [],
  );
});

test('where nothing is known of before, nothing is said of spinning', () => {
  const health = guestHealth(seen({ cpu: cpu([1], busy(1, 1)) }), undefined, 10);
  assert.equal(health.well, true);
  assert.deepEqual([health.cpu.secondsBefore, health.cpu.busy], [null, 1]);
});

test('an init that does not answer is a finding; one that could not be asked is none', () => {
  assert.match(findingsOf({ initAnswers: false })[0]!, /init \(systemd\) does not answer/);
  assert.deepEqual(findingsOf({ initAnswers: undefined }), []);
});

test('a limit that is not in force is told, a page of rounding is none', () => {
  const limit = (found: number) => findingsOf({ limits: [{ name: 'pids.max', expected: 100_000, found }] });
  assert.match(limit(0)[0]!, /pids.max is not limited, to be 100000/);
  assert.match(limit(200_000)[0]!, /pids.max is 200000, to be 100000/);
  assert.deepEqual(limit(98_304), []);
});

test('a pause that would not work, units that failed since, and a guest that is gone are told', () => {
  assert.match(findingsOf({ cannotPause: 'it is frozen' })[0]!, /pause would not stop all of it: it is frozen/);
  const failedUnits = [
    { name: 'new.service', secondsAgo: 4 },
    { name: 'old.service', secondsAgo: 400 },
    { name: 'x.service' },
  ];
  assert.deepEqual(findingsOf({ failedUnits }), ['new.service has failed.', 'x.service has failed.']);
  assert.deepEqual(guestHealth(GuestHealth.create(), undefined, 10).findings, ['It does not run.']);
});

test('a look that was cut short says nothing good, but what it found', () => {
  assert.equal(guestHealth(seen({ cutShort: true }), undefined, 10).well, null);
  assert.equal(guestHealth(seen({ cutShort: true, initAnswers: false }), undefined, 10).well, false);
});
