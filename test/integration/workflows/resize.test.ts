import assert from 'node:assert/strict';
import { after, afterEach, before, describe, it } from 'node:test';
import { status } from '@grpc/grpc-js';
import { MigrationPhase } from '#generated/lxstack/agent/v1/agent';
import { Flavor } from '#libs/compute/flavors/flavor.entity';
import { autoConfirmOf } from '#apps/worker/move/resize/auto-confirm.workflow';
import { caller, WorkflowWorld } from '../support/workflow-world.js';

describe('cold migration and resize', () => {
  let world: WorkflowWorld;
  before(async () => {
    process.env.LXSTACK_ALLOW_RESIZE_TO_SAME_HOST = 'true'; // read by the worker
    world = await WorkflowWorld.start('wf-resize', ['h1', 'h2', 'h3']);
    const { manager } = world.database;
    await manager.save(manager.create(Flavor, { id: 'f2', name: 'f2', vcpus: 2, ramMb: 512, diskGb: 2 }));
  });
  after(() => world.stop());
  afterEach(async () => {
    for (const agent of world.agents.values()) agent.reset();
    await world.audit();
  });

  /** The instance runs with its former flavor, under one epoch more than the resize had. */
  const revertsTo = async (host: string, id: string) => {
    const revert = await world.migrations.revertResize(caller, id);
    assert.equal((await world.operations.waitFor(revert.id)).state, 'done');
    const now = await world.instance(id);
    assert.deepEqual([now.vmState, now.hostId, now.epoch, now.flavor!.id], ['active', world.hostId(host), 3, 'f1']);
    assert.ok(world.agents.get(host)!.running().includes(id));
    assert.equal((await world.claims(id)).length, 1);
  };

  it('migrates cold and confirms: the source keeps its copy until then', async () => {
    const { id } = await world.create('h1');
    const { migration, operation } = await world.ended(await world.migrations.migrate(caller, id, { host: 'h2' }));
    assert.equal(migration.status, 'finished', JSON.stringify(operation.failure));
    const resized = await world.instance(id);
    assert.deepEqual([resized.vmState, resized.hostId, resized.epoch], ['resized', world.hostId('h2'), 2]);
    assert.ok(world.agents.get('h2')!.running().includes(id));
    assert.ok(world.agents.get('h1')!.instances.has(id));
    assert.equal((await world.claims(id)).length, 2);
    const confirm = await world.migrations.confirmResize(caller, id);
    assert.equal((await world.operations.waitFor(confirm.id)).state, 'done');
    assert.equal((await world.instance(id)).vmState, 'active');
    assert.ok(!world.agents.get('h1')!.instances.has(id));
    assert.equal((await world.claims(id)).length, 1);
  });

  it('resizes and reverts: back on the source with the old flavor, under a newer epoch', async () => {
    const { id } = await world.create('h1');
    const { migration } = await world.ended(await world.migrations.resize(caller, id, 'f2'));
    assert.equal(migration.status, 'finished', JSON.stringify(migration.failure));
    const resized = await world.instance(id);
    assert.equal(resized.flavor!.id, 'f2');
    assert.equal(resized.oldFlavor!.id, 'f1');
    await revertsTo('h1', id);
  });

  it('resizes on its own host where that is allowed and no other has room, and reverts', async () => {
    try {
      const { id } = await world.create('h1');
      await world.database.query(`UPDATE hosts SET enabled = false WHERE name <> 'h1'`);
      const { migration } = await world.ended(await world.migrations.resize(caller, id, 'f2'));
      assert.equal(migration.status, 'finished', JSON.stringify(migration.failure));
      const resized = await world.instance(id);
      assert.deepEqual([resized.hostId, resized.epoch, resized.flavor!.id], [world.hostId('h1'), 2, 'f2']);
      assert.equal(world.agents.get('h1')!.instances.get(id)!.memoryBytes, 512 * 1024 * 1024);
      assert.equal((await world.claims(id)).length, 2);
      await revertsTo('h1', id);
    } finally {
      await world.database.query('UPDATE hosts SET enabled = true');
    }
  });

  it('starts again where it was when the transfer is refused', async () => {
    const { id } = await world.create('h1');
    world.agents.get('h1')!.refuse('sendMigration', status.FAILED_PRECONDITION, 'no space');
    const { migration } = await world.ended(await world.migrations.migrate(caller, id, { host: 'h2' }));
    assert.equal(migration.status, 'error');
    const instance = await world.instance(id);
    assert.deepEqual([instance.vmState, instance.taskState, instance.hostId], ['active', null, world.hostId('h1')]);
    assert.ok(world.agents.get('h1')!.running().includes(id));
    assert.equal((await world.claims(id)).length, 1);
  });

  it('invariant 5: a target that has asked whose the instance is, and gave up its disk, does not get it any more', async () => {
    const { id } = await world.create('h1');
    const { migrations } = world.agents.get('h1')!;
    migrations.holdAt = MigrationPhase.MIGRATION_PHASE_DISK;
    const move = await world.migrations.migrate(caller, id, { host: 'h2' });
    await migrations.held();
    await world.closeSwitches(id);
    migrations.goOn();
    const { migration } = await world.ended(move);
    assert.equal(migration.status, 'error');
    assert.match(migration.failure!.reason, /given it up/);
    const { vmState, hostId, epoch } = await world.instance(id);
    assert.deepEqual([vmState, hostId, epoch], ['active', world.hostId('h1'), 1]);
    assert.ok(world.agents.get('h1')!.running().includes(id));
  });

  it('leaves a stopped instance stopped', async () => {
    const { id } = await world.create('h1');
    await world.run(id, 'instance.stop', 'powering-off');
    await world.ended(await world.migrations.migrate(caller, id, { host: 'h2' }));
    await world.operations.waitFor((await world.migrations.confirmResize(caller, id)).id);
    assert.equal((await world.instance(id)).vmState, 'stopped');
    assert.ok(!world.agents.get('h2')!.running().includes(id));
  });

  it('deletes while it waits for confirm: the kept copy goes too', async () => {
    const { id } = await world.create('h1');
    await world.ended(await world.migrations.migrate(caller, id, { host: 'h2' }));
    assert.equal((await world.run(id, 'instance.delete', 'deleting', { force: false })).state, 'done');
    assert.ok(!world.agents.get('h1')!.instances.has(id));
    assert.deepEqual(await world.claims(id), []);
  });

  it('confirms by itself what nobody has confirmed, after the window', async () => {
    const { id } = await world.create('h1');
    const { migration } = await world.ended(await world.migrations.migrate(caller, id, { host: 'h2' }));
    const auto = autoConfirmOf(migration.uuid, 1)!;
    const { id: operationId } = await world.operations.transact((_tx, create) => create(auto));
    assert.equal((await world.instance(id)).vmState, 'resized');
    assert.equal((await world.operations.waitFor(operationId, 120_000)).state, 'done');
    const [confirm] = await world.operations.list({ resourceId: id, kind: 'instance.confirm-resize' });
    assert.equal((await world.operations.waitFor(confirm!.id)).state, 'done');
    assert.equal((await world.instance(id)).vmState, 'active');
  });

  it('refuses unknown hosts and its own', async () => {
    const { id } = await world.create('h1');
    await assert.rejects(world.migrations.migrate(caller, id, { host: 'nowhere' }), /could not be found/);
    await assert.rejects(world.migrations.liveMigrate(caller, id, { host: 'h1' }), /is on h1 already/);
    assert.equal((await world.instance(id)).taskState, null);
  });
});
