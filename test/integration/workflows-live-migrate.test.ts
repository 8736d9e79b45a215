import assert from 'node:assert/strict';
import { after, afterEach, before, describe, it } from 'node:test';
import { status } from '@grpc/grpc-js';
import { MigrationPhase } from '#generated/lxstack/agent/v1/agent';
import { Host } from '#libs/fleet/hosts/host.entity';
import { Migration } from '#libs/mobility/migrations/migration.entity';
import { caller, WorkflowWorld } from './workflow-world.js';

describe('live migration', () => {
  let world: WorkflowWorld;
  before(async () => (world = await WorkflowWorld.start('wf-live', ['h1', 'h2'])));
  after(() => world.stop());
  afterEach(async () => {
    for (const agent of world.agents.values()) agent.reset();
    await world.audit();
    const left = await world.database.query('SELECT consumer_id FROM allocations WHERE consumer_id <> instance_id');
    assert.deepEqual(left, [], 'a move that has ended holds nothing');
  });

  const move = async (id: string, host = 'h2', checkLater = false) => {
    const { uuid, operationId } = await world.migrations.liveMigrate(caller, id, { host, checkLater });
    const operation = await world.operations.waitFor(operationId, 40_000);
    return { operation, migration: await world.database.manager.findOneByOrFail(Migration, { uuid }) };
  };

  const assertOn = async (id: string, name: string, epoch: number) => {
    const instance = await world.instance(id);
    assert.equal(instance.hostId, world.hosts.get(name)!.id);
    assert.equal(instance.epoch, epoch);
    assert.deepEqual([instance.vmState, instance.taskState, instance.fault], ['active', null, null]);
    for (const agent of world.agents.values()) {
      assert.equal(agent.running().includes(id), agent.name === name, `${agent.name} runs it`);
      assert.equal(agent.instances.has(id), agent.name === name, `nothing is left on ${agent.name}`);
    }
  };

  it('moves it there and back, epoch by epoch', async () => {
    const { id } = await world.create('h1');
    const there = await move(id);
    assert.equal(there.migration.status, 'completed', JSON.stringify(there.operation.failure));
    assert.equal(there.migration.memoryBytesTotal, 1000);
    await assertOn(id, 'h2', 2);
    assert.equal((await move(id, 'h1')).migration.status, 'completed');
    await assertOn(id, 'h1', 3);
  });

  it('is refused at once with every reason of both ends, and nothing is made', async () => {
    const { id } = await world.create('h1');
    world.agents.get('h1')!.reasons = ['nested uts namespace', 'ramfs credentials'];
    world.agents.get('h2')!.reasons = ['CRIU is too old'];
    await assert.rejects(move(id), {
      name: 'MoveRefusedError',
      details: ['nested uts namespace', 'ramfs credentials', 'CRIU is too old'],
    });
    assert.equal(await world.database.manager.countBy(Migration, { instanceId: id }), 0);
    await assertOn(id, 'h1', 1);
  });

  it('is refused at once where no host could take it, each host with its reason', async () => {
    const { id } = await world.create('h1');
    await world.database.manager.update(Host, { name: 'h2' }, { enabled: false });
    try {
      const asked = world.migrations.liveMigrate(caller, id);
      await assert.rejects(asked, {
        name: 'MoveRefusedError',
        message: /No valid host.*h2: availability: it is disabled/,
      });
      const named = world.migrations.liveMigrate(caller, id, { host: 'h2' });
      await assert.rejects(named, /Host h2 is disabled/);
      const { operationId } = await world.migrations.liveMigrate(caller, id, { host: 'h2', force: true });
      await world.operations.waitFor(operationId, 40_000);
    } finally {
      await world.database.manager.update(Host, { name: 'h2' }, { enabled: true });
    }
    await assertOn(id, 'h2', 2);
  });

  for (const host of ['h1', 'h2'])
    it(`is refused at once when the agent of ${host} does not answer`, async () => {
      const { id } = await world.create('h1');
      world.agents.get(host)!.refuse('checkMigration', status.UNAVAILABLE, 'no connection');
      await assert.rejects(move(id), { name: 'MoveRefusedError', message: new RegExp(`Host ${host} does not answer`) });
      await assertOn(id, 'h1', 1);
    });

  it('is looked at once more by the worker, which keeps every reason and touches nothing', async () => {
    const { id } = await world.create('h1');
    world.agents.get('h1')!.reasons = ['nested uts namespace', 'ramfs credentials'];
    const { migration } = await move(id, 'h2', true);
    assert.equal(migration.status, 'error');
    assert.match(migration.failure!.reason, /nested uts namespace; ramfs credentials/);
    assert.ok(!world.agents.get('h2')!.calls.includes('prepareMigration'));
    await assertOn(id, 'h1', 1);
  });

  it('refuses a target that stores disks in another way, live and cold, before anything is touched', async () => {
    const { id } = await world.create('h1');
    const target = world.hosts.get('h2')!;
    await world.database.manager.update(Host, { id: target.id }, { facts: { storageDriver: 'btrfs' } });
    try {
      const refusal = { name: 'MoveRefusedError', message: /h1 stores it with an unknown driver, host h2 .* btrfs/ };
      await assert.rejects(world.migrations.liveMigrate(caller, id, { host: 'h2', force: true }), refusal);
      await assert.rejects(world.migrations.migrate(caller, id, { host: 'h2' }), refusal);
    } finally {
      await world.database.manager.update(Host, { id: target.id }, { facts: {} });
    }
    await assertOn(id, 'h1', 1);
  });

  it('goes to no host without the memory or disk for it, named or chosen', async () => {
    const { id } = await world.create('h1');
    world.agents.get('h1')!.room = { memoryNeededBytes: 100 * 2 ** 20, diskNeededBytes: 2 ** 30 };
    world.agents.get('h2')!.room = {
      memoryAvailableBytes: 150 * 2 ** 20,
      imagesAvailableBytes: 2 ** 30,
      diskAvailableBytes: 2 ** 29,
    };
    await assert.rejects(move(id), /150 MiB of memory left, 200 MiB.*512 MiB of disk left, 1024 MiB/);
    const { uuid, operationId } = await world.migrations.liveMigrate(caller, id);
    await world.operations.waitFor(operationId, 20_000);
    const { failure } = await world.database.manager.findOneByOrFail(Migration, { uuid });
    assert.match(failure!.reason, /150 MiB of memory left/);
    assert.ok(!world.agents.get('h2')!.calls.includes('prepareMigration'));
    await assertOn(id, 'h1', 1);
    world.agents.get('h2')!.room.memoryAvailableBytes = 200 * 2 ** 20;
    const asked = { host: 'h2', diskOverCommit: true };
    const { operationId: overCommitted } = await world.migrations.liveMigrate(caller, id, asked);
    assert.equal((await world.operations.waitFor(overCommitted, 20_000)).state, 'done');
    await assertOn(id, 'h2', 2);
  });

  it('goes to no processor that lacks what it may use, named or chosen', async () => {
    const { id } = await world.create('h1');
    const { manager } = world.database;
    const features = (name: string, cpuFeatures: string[]) =>
      manager.update(Host, { name }, { facts: { architecture: 'x86_64', cpuFeatures } });
    await features('h1', ['sse2', 'avx2', 'avx512f', 'vmx']);
    await features('h2', ['sse2', 'avx2']);
    try {
      await assert.rejects(move(id), /processor of host h2 lacks what programs on h1 may use: avx512f/);
      await assert.rejects(world.migrations.liveMigrate(caller, id), /h2: cpu-features: its processor lacks avx512f/);
      const { uuid, operationId } = await world.migrations.liveMigrate(caller, id, { checkLater: true });
      await world.operations.waitFor(operationId, 20_000);
      const { failure } = await manager.findOneByOrFail(Migration, { uuid });
      assert.match(failure!.reason, /h2: cpu-features/);
      await features('h2', ['sse2', 'avx2', 'avx512f']);
      assert.equal((await move(id)).migration.status, 'completed');
    } finally {
      for (const name of ['h1', 'h2']) await manager.update(Host, { name }, { facts: {} });
    }
    await assertOn(id, 'h2', 2);
  });

  for (const [end, method] of [
    ['h1', 'checkMigration'],
    ['h2', 'prepareMigration'],
    ['h1', 'sendMigration'],
  ] as const)
    it(`goes on where it was when ${method} is refused`, async () => {
      const { id } = await world.create('h1');
      world.agents.get(end)!.refuse(method, status.FAILED_PRECONDITION, `no ${method} today`);
      const { migration } = await move(id, 'h2', true);
      assert.equal(migration.status, 'error');
      assert.match(migration.failure!.reason, new RegExp(`no ${method} today`));
      await assertOn(id, 'h1', 1);
    });

  for (const phase of ['DISK', 'FREEZE', 'DUMP', 'TRANSFER', 'RESTORE'] as const)
    it(`goes on where it was when the source gives up at ${phase}`, async () => {
      const { id } = await world.create('h1');
      world.agents.get('h1')!.migrations.failAt = MigrationPhase[`MIGRATION_PHASE_${phase}`];
      const { migration } = await move(id);
      assert.equal(migration.status, 'error');
      assert.equal(migration.failure!.step, 'restore');
      assert.match(migration.failure!.reason, /made to fail/);
      await assertOn(id, 'h1', 1);
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
      const { migration } = await move(id);
      assert.equal(migration.status, 'completed');
      await assertOn(id, 'h2', 2);
    });

  it('can be aborted before the commit', async () => {
    const { id } = await world.create('h1');
    const source = world.agents.get('h1')!;
    source.migrations.holdAt = MigrationPhase.MIGRATION_PHASE_DISK;
    const { uuid, id: number, operationId } = await world.migrations.liveMigrate(caller, id, { host: 'h2' });
    await source.migrations.held();
    await world.running.abort(id, number);
    assert.equal((await world.operations.waitFor(operationId, 20_000)).state, 'cancelled');
    assert.equal((await world.database.manager.findOneByOrFail(Migration, { uuid })).status, 'cancelled');
    await assertOn(id, 'h1', 1);
  });

  it('goes on where it was when its transfer takes longer than it may, and the step is named', async () => {
    const { id } = await world.create('h1');
    const source = world.agents.get('h1')!;
    source.migrations.holdAt = MigrationPhase.MIGRATION_PHASE_DISK;
    process.env.LXSTACK_MOVE_TRANSFER_SECONDS = '0.5';
    world.killWorkers();
    await world.startWorker();
    try {
      const { migration } = await move(id);
      assert.equal(migration.status, 'error');
      assert.equal(migration.failure!.step, 'transfer');
      assert.match(migration.failure!.reason, /not done within 0.5 s \(LXSTACK_MOVE_TRANSFER_SECONDS\)/);
    } finally {
      delete process.env.LXSTACK_MOVE_TRANSFER_SECONDS;
      source.reset();
      world.killWorkers();
      await world.startWorker();
    }
    await assertOn(id, 'h1', 1);
    assert.equal((await move(id)).migration.status, 'completed');
  });

  it('goes to its switch at once when it is forced to complete', async () => {
    const { id } = await world.create('h1');
    const source = world.agents.get('h1')!;
    source.migrations.holdAt = MigrationPhase.MIGRATION_PHASE_DISK;
    const { id: number, operationId } = await world.migrations.liveMigrate(caller, id, { host: 'h2' });
    await source.migrations.held();
    await world.running.forceComplete(caller, id, number);
    assert.equal((await world.operations.waitFor(operationId, 20_000)).state, 'done', 'nothing else lets it go on');
    await assertOn(id, 'h2', 2);
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
      const { migration } = await move(id, 'h2', true);
      assert.equal(migration.status, 'completed', JSON.stringify(migration.failure));
      await assertOn(id, 'h2', 2);
    });

  /** One that takes over may have missed the freeze: it cannot know how much time is left, and takes the move back. */
  const endsHereOrThere = async (id: string) => {
    const { migration } = await move(id);
    assert.ok(['completed', 'error'].includes(migration.status), migration.status);
    await (migration.status === 'completed' ? assertOn(id, 'h2', 2) : assertOn(id, 'h1', 1));
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
    await world.operations.waitFor(operationId, 20_000);
    const { status: ended, failure } = await world.database.manager.findOneByOrFail(Migration, { uuid });
    assert.equal(ended, 'error');
    assert.match(failure!.reason, /time for the switch/);
    await assertOn(id, 'h1', 1);
  });

  it('invariant 1: FLUSHALL in the middle of a move', async () => {
    const { id } = await world.create('h1');
    world.agents.get('h1')!.migrations.onPhase = () => void world.flushRedis();
    assert.equal((await move(id)).migration.status, 'completed');
    await assertOn(id, 'h2', 2);
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
