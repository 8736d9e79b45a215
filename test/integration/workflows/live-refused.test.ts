import assert from 'node:assert/strict';
import { after, afterEach, before, describe, it } from 'node:test';
import { status } from '@grpc/grpc-js';
import { Host } from '#libs/fleet/hosts/host.entity';
import { Migration } from '#libs/mobility/migrations/migration.entity';
import { LiveMoves } from '../support/live-moves.js';
import { caller } from '../support/workflow-world.js';
import type { WorkflowWorld } from '../support/workflow-world.js';

describe('a live migration that cannot be', () => {
  let world: WorkflowWorld;
  let moves: LiveMoves;
  before(async () => {
    moves = await LiveMoves.start('wf-live-refused');
    ({ world } = moves);
  });
  after(() => world.stop());
  afterEach(() => moves.settled());

  it('is refused at once with every reason of both ends, and nothing is made', async () => {
    const { id } = await world.create('h1');
    world.agents.get('h1')!.reasons = ['nested uts namespace', 'ramfs credentials'];
    world.agents.get('h2')!.reasons = ['CRIU is too old'];
    await assert.rejects(moves.live(id), {
      name: 'MoveRefusedError',
      details: ['nested uts namespace', 'ramfs credentials', 'CRIU is too old'],
    });
    assert.equal(await world.database.manager.countBy(Migration, { instanceId: id }), 0);
    await moves.assertOn(id, 'h1', 1);
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
      await world.operations.waitFor(operationId, 120_000);
    } finally {
      await world.database.manager.update(Host, { name: 'h2' }, { enabled: true });
    }
    await moves.assertOn(id, 'h2', 2);
  });

  for (const host of ['h1', 'h2'])
    it(`is refused at once when the agent of ${host} does not answer`, async () => {
      const { id } = await world.create('h1');
      world.agents.get(host)!.refuse('checkMigration', status.UNAVAILABLE, 'no connection');
      await assert.rejects(moves.live(id), {
        name: 'MoveRefusedError',
        message: new RegExp(`Host ${host} does not answer`),
      });
      await moves.assertOn(id, 'h1', 1);
    });

  it('is checked again by the worker, which keeps every reason and changes nothing', async () => {
    const { id } = await world.create('h1');
    world.agents.get('h1')!.reasons = ['nested uts namespace', 'ramfs credentials'];
    const { migration } = await moves.live(id, 'h2', true);
    assert.equal(migration.status, 'error');
    assert.match(migration.failure!.reason, /nested uts namespace; ramfs credentials/);
    assert.ok(!world.agents.get('h2')!.calls.includes('prepareMigration'));
    await moves.assertOn(id, 'h1', 1);
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
    await moves.assertOn(id, 'h1', 1);
  });

  it('goes to no host without the memory or disk for it, named or chosen', async () => {
    const { id } = await world.create('h1');
    world.agents.get('h1')!.room = { memoryNeededBytes: 100 * 2 ** 20, diskNeededBytes: 2 ** 30 };
    world.agents.get('h2')!.room = {
      memoryAvailableBytes: 150 * 2 ** 20,
      imagesAvailableBytes: 2 ** 30,
      diskAvailableBytes: 2 ** 29,
    };
    await assert.rejects(moves.live(id), /150 MiB of memory left, 200 MiB.*512 MiB of disk left, 1024 MiB/);
    const { uuid, operationId } = await world.migrations.liveMigrate(caller, id);
    await world.operations.waitFor(operationId, 120_000);
    const { failure } = await world.database.manager.findOneByOrFail(Migration, { uuid });
    assert.match(failure!.reason, /150 MiB of memory left/);
    assert.ok(!world.agents.get('h2')!.calls.includes('prepareMigration'));
    await moves.assertOn(id, 'h1', 1);
    world.agents.get('h2')!.room.memoryAvailableBytes = 200 * 2 ** 20;
    const asked = { host: 'h2', diskOverCommit: true };
    const { operationId: overCommitted } = await world.migrations.liveMigrate(caller, id, asked);
    assert.equal((await world.operations.waitFor(overCommitted, 120_000)).state, 'done');
    await moves.assertOn(id, 'h2', 2);
  });

  it('goes to no processor that lacks what it may use, named or chosen', async () => {
    const { id } = await world.create('h1');
    const { manager } = world.database;
    const features = (name: string, cpuFeatures: string[]) =>
      manager.update(Host, { name }, { facts: { architecture: 'x86_64', cpuFeatures } });
    await features('h1', ['sse2', 'avx2', 'avx512f', 'vmx']);
    await features('h2', ['sse2', 'avx2']);
    try {
      await assert.rejects(moves.live(id), /processor of host h2 lacks what programs on h1 may use: avx512f/);
      await assert.rejects(world.migrations.liveMigrate(caller, id), /h2: cpu-features: its processor lacks avx512f/);
      const { uuid, operationId } = await world.migrations.liveMigrate(caller, id, { checkLater: true });
      await world.operations.waitFor(operationId, 120_000);
      const { failure } = await manager.findOneByOrFail(Migration, { uuid });
      assert.match(failure!.reason, /h2: cpu-features/);
      await features('h2', ['sse2', 'avx2', 'avx512f']);
      assert.equal((await moves.live(id)).migration.status, 'completed');
    } finally {
      for (const name of ['h1', 'h2']) await manager.update(Host, { name }, { facts: {} });
    }
    await moves.assertOn(id, 'h2', 2);
  });
});
