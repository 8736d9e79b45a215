import assert from 'node:assert/strict';
import { after, afterEach, before, describe, it } from 'node:test';
import { status } from '@grpc/grpc-js';
import { MigrationPhase } from '#generated/lxstack/agent/v1/agent';
import { InstanceState } from '#generated/lxstack/agent/v1/types';
import { Migration } from '#libs/mobility/migrations/migration.entity';
import { LiveMoves } from '../support/live-moves.js';
import { caller } from '../support/workflow-world.js';
import type { WorkflowWorld } from '../support/workflow-world.js';

describe('live migration', () => {
  let world: WorkflowWorld;
  let moves: LiveMoves;
  before(async () => {
    moves = await LiveMoves.start('wf-live');
    ({ world } = moves);
  });
  after(() => world.stop());
  afterEach(() => moves.settled());

  it('moves it there and back, epoch by epoch', async () => {
    const { id } = await world.create('h1');
    const there = await moves.live(id);
    assert.equal(there.migration.status, 'completed', JSON.stringify(there.operation.failure));
    assert.equal(there.migration.memoryBytesTotal, 1000);
    await moves.assertOn(id, 'h2', 2);
    assert.equal((await moves.live(id, 'h1')).migration.status, 'completed');
    await moves.assertOn(id, 'h1', 3);
  });

  for (const [end, method] of [
    ['h1', 'checkMigration'],
    ['h2', 'prepareMigration'],
    ['h1', 'sendMigration'],
  ] as const)
    it(`goes on where it was when ${method} is refused`, async () => {
      const { id } = await world.create('h1');
      world.agents.get(end)!.refuse(method, status.FAILED_PRECONDITION, `no ${method} today`);
      const { migration } = await moves.live(id, 'h2', true);
      assert.equal(migration.status, 'error');
      assert.match(migration.failure!.reason, new RegExp(`no ${method} today`));
      await moves.assertOn(id, 'h1', 1);
    });

  for (const phase of ['DISK', 'FREEZE', 'DUMP', 'TRANSFER', 'RESTORE'] as const)
    it(`goes on where it was when the source gives up at ${phase}`, async () => {
      const { id } = await world.create('h1');
      world.agents.get('h1')!.migrations.failAt = MigrationPhase[`MIGRATION_PHASE_${phase}`];
      const { migration } = await moves.live(id);
      assert.equal(migration.status, 'error');
      assert.equal(migration.failure!.step, 'restore');
      assert.match(migration.failure!.reason, /made to fail/);
      await moves.assertOn(id, 'h1', 1);
    });

  for (const [end, method] of [
    ['h2', 'commitMigration'],
    ['h1', 'commitMigration'],
    ['h1', 'releaseMigration'],
    ['h2', 'startInstance'],
    ['h1', 'setForwarding'],
  ] as const)
    it(`is carried forward when ${method} fails on ${end} after the commit`, async () => {
      const { id } = await world.create('h1');
      world.agents.get(end)!.refuse(method, status.UNAVAILABLE, 'not now', 2);
      const { migration } = await moves.live(id);
      assert.equal(migration.status, 'completed');
      await moves.assertOn(id, 'h2', 2);
    });

  it('does not start a guest again that powers itself off right after the commit', async () => {
    const { id } = await world.create('h1');
    const [source, target] = [world.agents.get('h1')!, world.agents.get('h2')!];
    target.onCall = (called) => {
      if (called !== 'startInstance') return;
      target.ended.add(id);
      target.instances.get(id)!.state = InstanceState.INSTANCE_STATE_STOPPED;
    };
    const { migration } = await moves.live(id);
    assert.equal(migration.status, 'completed', JSON.stringify(migration.failure));
    assert.equal(target.instances.get(id)!.state, InstanceState.INSTANCE_STATE_STOPPED, 'it stays off');
    assert.equal(source.instances.has(id), false, 'released all the same');
    target.instances.get(id)!.state = InstanceState.INSTANCE_STATE_RUNNING; // as the database says, which no agent has told
  });

  it('can be aborted before the commit', async () => {
    const { id } = await world.create('h1');
    const source = world.agents.get('h1')!;
    source.migrations.holdAt = MigrationPhase.MIGRATION_PHASE_DISK;
    const { uuid, id: number, operationId } = await world.migrations.liveMigrate(caller, id, { host: 'h2' });
    await source.migrations.held();
    await world.running.abort(caller, id, number);
    assert.equal((await world.operations.waitFor(operationId, 120_000)).state, 'cancelled');
    assert.equal((await world.database.manager.findOneByOrFail(Migration, { uuid })).status, 'cancelled');
    await moves.assertOn(id, 'h1', 1);
  });

  it('goes on where it was when its transfer takes longer than it may, and the step is named', async () => {
    const { id } = await world.create('h1');
    const source = world.agents.get('h1')!;
    source.migrations.holdAt = MigrationPhase.MIGRATION_PHASE_DISK;
    process.env.LXSTACK_MOVE_TRANSFER_SECONDS = '0.5';
    world.killWorkers();
    await world.startWorker();
    try {
      const { migration } = await moves.live(id);
      assert.equal(migration.status, 'error');
      assert.equal(migration.failure!.step, 'transfer');
      assert.match(migration.failure!.reason, /not done within 0.5 s \(LXSTACK_MOVE_TRANSFER_SECONDS\)/);
    } finally {
      delete process.env.LXSTACK_MOVE_TRANSFER_SECONDS;
      source.reset();
      world.killWorkers();
      await world.startWorker();
    }
    await moves.assertOn(id, 'h1', 1);
    assert.equal((await moves.live(id)).migration.status, 'completed');
  });

  it('goes to its switch at once when it is forced to complete', async () => {
    const { id } = await world.create('h1');
    const source = world.agents.get('h1')!;
    source.migrations.holdAt = MigrationPhase.MIGRATION_PHASE_DISK;
    const { id: number, operationId } = await world.migrations.liveMigrate(caller, id, { host: 'h2' });
    await source.migrations.held();
    await world.running.forceComplete(caller, id, number);
    assert.equal((await world.operations.waitFor(operationId, 120_000)).state, 'done', 'nothing else lets it go on');
    await moves.assertOn(id, 'h2', 2);
    await assert.rejects(world.running.forceComplete(caller, id, number), { name: 'InstanceStateError' });
  });

  for (const [end, method] of [
    ['h1', 'checkMigration'],
    ['h2', 'prepareMigration'],
    ['h2', 'commitMigration'],
    ['h1', 'commitMigration'],
    ['h1', 'releaseMigration'],
  ] as const)
    it(`ends well when the worker is killed at ${method} on ${end}`, async () => {
      const { id } = await world.create('h1');
      killWorkerAt(end, method);
      const { migration } = await moves.live(id, 'h2', true);
      assert.equal(migration.status, 'completed', JSON.stringify(migration.failure));
      await moves.assertOn(id, 'h2', 2);
    });

  /** A worker that takes over may have missed the freeze; it cannot know how much time is left, and undoes the move. */
  const endsHereOrThere = async (id: string) => {
    const { migration } = await moves.live(id);
    assert.ok(['completed', 'error'].includes(migration.status), migration.status);
    await (migration.status === 'completed' ? moves.assertOn(id, 'h2', 2) : moves.assertOn(id, 'h1', 1));
  };

  it('ends well, here or there, when the worker is killed at sendMigration', async () => {
    const { id } = await world.create('h1');
    killWorkerAt('h1', 'sendMigration');
    await endsHereOrThere(id);
  });

  for (const phase of ['DISK', 'FREEZE', 'RESTORE', 'AWAIT_COMMIT'] as const)
    it(`ends well, here or there, when the worker is killed at ${phase}`, async () => {
      const { id } = await world.create('h1');
      const { migrations } = world.agents.get('h1')!;
      migrations.onPhase = (reached) => {
        if (reached !== MigrationPhase[`MIGRATION_PHASE_${phase}`]) return;
        migrations.onPhase = () => {};
        world.killWorkers();
        void world.startWorker();
      };
      await endsHereOrThere(id);
    });

  it('invariant 2: a source that has asked who owns the instance cannot lose it any more', async () => {
    const { id } = await world.create('h1');
    const { migrations } = world.agents.get('h1')!;
    migrations.holdAt = MigrationPhase.MIGRATION_PHASE_RESTORE;
    const { uuid, operationId } = await world.migrations.liveMigrate(caller, id, { host: 'h2' });
    await migrations.held();
    await world.closeSwitches(id);
    migrations.goOn();
    await world.operations.waitFor(operationId, 120_000);
    const { status: ended, failure } = await world.database.manager.findOneByOrFail(Migration, { uuid });
    assert.equal(ended, 'error');
    assert.match(failure!.reason, /time for the switch/);
    await moves.assertOn(id, 'h1', 1);
  });

  it('invariant 1: FLUSHALL in the middle of a move', async () => {
    const { id } = await world.create('h1');
    world.agents.get('h1')!.migrations.onPhase = () => void world.flushRedis();
    assert.equal((await moves.live(id)).migration.status, 'completed');
    await moves.assertOn(id, 'h2', 2);
  });

  function killWorkerAt(end: string, method: string): void {
    const agent = world.agents.get(end)!;
    agent.onCall = (called) => {
      if (called !== method) return;
      agent.onCall = () => {};
      world.killWorkers();
      void world.startWorker();
    };
  }
});
