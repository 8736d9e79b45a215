import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { ApiError } from '#apps/cli/client/api';
import { hostOf } from '#apps/cli/client/compute';
import type { Server } from '#apps/cli/client/compute';
import { Layout } from '#apps/cli/fleet/layout';
import { flagSetting } from '#libs/common/config';
import { FAULT_POINTS } from '#libs/common/fault-point';
import type { FaultPoint } from '#libs/common/fault-point';
import { inside } from '#test/e2e/fleet/inside';
import { TestFleet } from '#test/e2e/fleet/test-fleet';
import { startChaosFleet, stopChaosFleet } from './chaos-fleet.js';
import { violations } from './invariants.js';
import { HeldPoint, memoryModeAt } from './points.js';
import { SmallDisk } from './small-disk.js';

/** Held here, the worker may or may not have committed: it is told before the source reaches this point. */
const EITHER: FaultPoint = 'source.awaiting-commit';
/** The steps on which most depends, or at which a bug was found. LXSTACK_EVERY_STEP runs them all. */
const SLICE: readonly FaultPoint[] = [
  'worker.precheck',
  'target.preparing',
  'source.disk',
  'source.memory',
  'target.arming',
  'source.cut',
  'target.restored',
  'worker.before-commit',
  'worker.after-commit',
  'worker.finish',
];
const every: readonly FaultPoint[] = FAULT_POINTS.filter((step) => step !== EITHER);
const steps = flagSetting('LXSTACK_EVERY_STEP') ? every : SLICE;
const isCommitted = (step: FaultPoint) => every.indexOf(step) >= every.indexOf('worker.after-commit');

const silent = () => undefined;
const layout = new Layout(process.env.LXSTACK_DEPLOYMENT ?? 'chaos');
let fleet: TestFleet;
let server: Server;

before(async () => {
  await stopChaosFleet(layout, silent);
  await startChaosFleet(layout, silent);
  fleet = await TestFleet.open();
  server = await fleet.running('e2e-controlled');
});

after(async () => {
  fleet.close();
  await stopChaosFleet(layout, silent);
});

for (const step of steps.filter((one) => !isCommitted(one)))
  test(`aborted at ${step}: cancelled, on its host, its connection open, nothing left`, async () => {
    const { migration, home, open } = await heldAt(step, (path) => fleet.cloud.api.call('DELETE', path));
    assert.equal(migration.status, 'cancelled');
    assert.ok(open, 'the connection is open');
    assert.equal(hostOf(await fleet.cloud.compute.show(server.id)), home);
    assert.deepEqual(await violations(fleet, server.id), []);
  });

for (const step of steps.filter(isCommitted))
  test(`not to be aborted any more at ${step}: 400, and the move is completed`, async () => {
    const { migration, home, open } = await heldAt(step, async (path) => {
      await assert.rejects(fleet.cloud.api.call('DELETE', path), (error) => {
        assert.ok(error instanceof ApiError);
        assert.equal(error.status, 400);
        assert.match(JSON.stringify(error.body), /is post-migrating. Cannot abort live migration/);
        return true;
      });
    });
    assert.equal(migration.status, 'completed');
    assert.ok(open, 'the connection is open');
    assert.notEqual(hostOf(await fleet.cloud.compute.show(server.id)), home);
    assert.deepEqual(await violations(fleet, server.id), []);
  });

test('forced to complete in its first pass over the disk: the switch follows, without another pass', async () => {
  await inside(fleet, server, '/bin/sh', '-c', 'head -c 2000000 /dev/urandom >/root/much'); // little goes in one pass
  const { migration, again } = await heldAt('source.disk', async (path) => {
    await fleet.cloud.api.call('POST', `${path}/action`, { force_complete: null });
    await told();
  });
  assert.equal(migration.status, 'completed');
  assert.equal(again, false, 'there was no other pass');
  const { migration: calm, again: more } = await heldAt('source.disk', () => Promise.resolve());
  assert.equal(calm.status, 'completed');
  assert.ok(more, 'where it is not forced there is another');
});

test('to a target whose room for images of memory is used up: refused at once, in words, and left alone', async () => {
  const home = hostOf(await fleet.cloud.compute.show(server.id));
  const target = await fleet.otherHost(home);
  const disk = new SmallDisk(layout, target);
  await disk.fill('memory');
  try {
    await assert.rejects(fleet.cloud.compute.liveMigrate(server.id, target), (error) => {
      assert.ok(error instanceof ApiError);
      assert.equal(error.status, 400);
      assert.match(JSON.stringify(error.body), new RegExp(`Host ${target} has 0 MiB left for images of memory`));
      return true;
    });
  } finally {
    await disk.empty();
  }
  assert.equal(hostOf(await fleet.cloud.compute.show(server.id)), home);
  assert.deepEqual(await violations(fleet, server.id), []);
});

/** Holds one live move, under a client, at `step` while `work` runs; `work` gets the migration's path. */
async function heldAt(step: FaultPoint, work: (path: string) => Promise<unknown>) {
  const { cloud, local } = fleet;
  const home = hostOf(await cloud.compute.show(server.id));
  const target = await fleet.otherHost(home);
  const point = new HeldPoint(local.layout, step, { source: home, target });
  const session = await cloud.connect(server);
  try {
    await point.hold();
    const move = (await cloud.compute.startLiveMigration(server.id, target, memoryModeAt(step)))();
    assert.ok(await point.reached(move), `the move comes by ${step}`);
    await work(`${migrationsPath()}/${(await inProgress()).id}`);
    await point.forget();
    await point.release();
    const migration = await move;
    return { migration, home, open: (await session.close()).open, again: point.isReached };
  } finally {
    await point.release();
    session.kill();
  }
}

const migrationsPath = (): string => `/compute/v2.1/servers/${server.id}/migrations`;

async function inProgress(): Promise<{ id: number; uuid: string }> {
  const { migrations } = await fleet.cloud.api.call<{ migrations: { id: number; uuid: string }[] }>(
    'GET',
    migrationsPath(),
  );
  return migrations[0]!;
}

/** Resolves when the worker has told the source to switch now. */
async function told(): Promise<void> {
  const { uuid } = await inProgress();
  await fleet.cloud.events.until(uuid, 'the source is told to hurry', 120_000, async () => {
    const path = `/fleet/v1/operations?resource_type=migration&resource_id=${uuid}`;
    const { operations } = await fleet.cloud.api.call<{ operations: { state: string }[] }>('GET', path);
    return operations[0]?.state === 'done' ? true : undefined;
  });
}
