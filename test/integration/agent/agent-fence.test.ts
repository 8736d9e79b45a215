import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, rmdir, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, beforeEach, test } from 'node:test';
import { Fence } from '#apps/agent/fence/fence';
import { newId } from '#libs/common/ids';
import { createLogger } from '#libs/common/logger';
import { retry } from '#libs/common/retry';

// The real guard as a process of its own, over real cgroups of a process that stands for an instance.
const prefix = `lxstack-fence-test-${process.pid}`;
const root = existsSync('/sys/fs/cgroup/freezer/cgroup.procs') ? '/sys/fs/cgroup/freezer' : '/sys/fs/cgroup';
const logger = createLogger('test');
logger.level = 'silent';

let run: string;
let id: string;
let fence: Fence;
let guest: ReturnType<typeof spawn>;
let end: Promise<unknown[]>;

const cgroupOf = (instanceId: string) => `${prefix}/c-${instanceId}`;
const open = () => Fence.open({ run, cgroup: prefix, cgroupOf, logger });
const order = (freezeSeconds: number, stopSeconds: number) => ({ freezeSeconds, stopSeconds, instanceIds: [id] });
const guardPid = async () => Number(await readFile(join(run, 'fence', 'guard.pid'), 'utf8'));
const eventually = (look: () => unknown) => retry({ attempts: 100, baseMs: 100, maxMs: 100 }, async () => look());

beforeEach(async () => {
  run = await mkdtemp(join(tmpdir(), 'lx-fence-'));
  id = newId();
  guest = spawn('sleep', ['600'], { stdio: 'ignore' });
  end = once(guest, 'exit');
  await mkdir(join(root, cgroupOf(id)), { recursive: true });
  await writeFile(join(root, cgroupOf(id), 'cgroup.procs'), String(guest.pid));
  fence = await open();
});

afterEach(async () => {
  await fence.renewed(fence.now(), undefined); // ends the guard
  fence.thaw(id);
  guest.kill('SIGKILL');
  await end;
  await eventually(() => rmdir(join(root, cgroupOf(id))));
  await rm(run, { recursive: true });
});

after(async () => {
  for (const directory of [
    join('pids', prefix, 'services'),
    join('pids', prefix),
    join('freezer', prefix),
    join(prefix, 'services'),
    prefix,
  ])
    if (existsSync(join('/sys/fs/cgroup', directory))) await eventually(() => rmdir(join('/sys/fs/cgroup', directory)));
});

test('without a lease a marked instance is frozen, then killed, and is held until it is let go', async () => {
  assert.ok(await fence.renewed(fence.now() + 500, order(1, 6)), 'there is something to promise');
  assert.deepEqual(fence.promise(), order(1, 6));
  await eventually(() => assert.equal(fence.held.find(id), 'frozen'));
  assert.equal(guest.exitCode, null);
  assert.throws(() => fence.requireLease(id), /holds no lease/);
  assert.deepEqual((await end)[1], 'SIGKILL');
  assert.equal(fence.held.find(id), 'stopped');
  await fence.renewed(fence.now() + 60_000, order(1, 6));
  fence.requireLease(id);
  assert.equal(fence.held.find(id), 'stopped', 'a lease alone lets nothing go');
});

test('a guard that has died is replaced, with a lease or without; until then nothing is promised', async () => {
  await fence.renewed(fence.now() + 60_000, order(15, 30));
  process.kill(await guardPid(), 'SIGKILL');
  await eventually(() => assert.equal(fence.promise(), undefined));
  await fence.keepGuard();
  assert.deepEqual(fence.promise(), order(15, 30));
});

test('the next agent takes over what the one before has promised, under a guard of its own', async () => {
  await fence.renewed(fence.now() + 60_000, order(15, 30));
  const before = await guardPid();
  fence = await open();
  assert.deepEqual(fence.promise(), order(15, 30));
  assert.ok(fence.hasLease());
  assert.notEqual(await guardPid(), before);
});

test('an instance that is not marked any more is left alone', async () => {
  await fence.renewed(fence.now() + 60_000, order(1, 2));
  assert.ok(await fence.renewed(fence.now(), { ...order(1, 2), instanceIds: [] }));
  assert.equal(fence.promise(), undefined);
  assert.ok(!existsSync(join(run, 'fence', 'order.json')));
});
