import assert from 'node:assert/strict';
import { after, afterEach, before, describe, it } from 'node:test';
import { status } from '@grpc/grpc-js';
import { MigrationPhase } from '#generated/lxstack/agent/v1/agent';
import { Flavor } from '#libs/compute/flavors/flavor.entity';
import { resyncOf } from '#libs/fleet/leases/resync';
import { newId } from '#libs/common/ids';
import { ServerGroup } from '#libs/compute/server-groups/server-group.entity';
import { AutoEvacuation } from '#apps/worker/host/auto-evacuation';
import { autoConfirmOf } from '#apps/worker/resize/auto-confirm.workflow';
import { Migration } from '#libs/mobility/migrations/migration.entity';
import type { Operation } from '#libs/operations/operation.entity';
import { caller, WorkflowWorld } from './workflow-world.js';

describe('cold migration, resize and evacuation', () => {
  let world: WorkflowWorld;
  before(async () => {
    process.env.LXSTACK_ALLOW_RESIZE_TO_SAME_HOST = 'true'; // read by the worker
    world = await WorkflowWorld.start('wf-moves', ['h1', 'h2', 'h3']);
    const { manager } = world.database;
    await manager.save(manager.create(Flavor, { id: 'f2', name: 'f2', vcpus: 2, ramMb: 512, diskGb: 2 }));
  });
  after(() => world.stop());
  afterEach(async () => {
    for (const agent of world.agents.values()) agent.reset();
    await world.audit();
  });

  const ended = async ({ uuid, operationId }: Migration) => {
    const operation = await world.operations.waitFor(operationId, 40_000);
    return { operation, migration: await world.database.manager.findOneByOrFail(Migration, { uuid }) };
  };
  const at = (name: string) => world.hosts.get(name)!.id;
  /** Its agent has started anew. */
  const back = async (name: string) => {
    const { id } = await world.operations.transact((_tx, create) => create(resyncOf(at(name))));
    const { state, failure } = await world.operations.waitFor(id, 20_000);
    assert.equal(state, 'done', JSON.stringify(failure));
  };
  const claims = (id: string) => world.database.query('SELECT 1 FROM allocations WHERE instance_id = $1', [id]);
  /** With the flavor of before, running, under one epoch more than the resize had. */
  const revertsTo = async (host: string, id: string) => {
    const revert = await world.migrations.revertResize(caller, id);
    assert.equal((await world.operations.waitFor(revert.id)).state, 'done');
    const now = await world.instance(id);
    assert.deepEqual([now.vmState, now.hostId, now.epoch, now.flavor.id], ['active', at(host), 3, 'f1']);
    assert.ok(world.agents.get(host)!.running().includes(id));
    assert.equal((await claims(id)).length, 1);
  };

  it('migrates cold and confirms: the source keeps its copy until then', async () => {
    const { id } = await world.create('h1');
    const { migration, operation } = await ended(await world.migrations.migrate(caller, id, { host: 'h2' }));
    assert.equal(migration.status, 'finished', JSON.stringify(operation.failure));
    const resized = await world.instance(id);
    assert.deepEqual([resized.vmState, resized.hostId, resized.epoch], ['resized', at('h2'), 2]);
    assert.ok(world.agents.get('h2')!.running().includes(id));
    assert.ok(world.agents.get('h1')!.instances.has(id));
    assert.equal((await claims(id)).length, 2);
    const confirm = await world.migrations.confirmResize(caller, id);
    assert.equal((await world.operations.waitFor(confirm.id)).state, 'done');
    assert.equal((await world.instance(id)).vmState, 'active');
    assert.ok(!world.agents.get('h1')!.instances.has(id));
    assert.equal((await claims(id)).length, 1);
  });

  it('resizes and reverts: back on the source with the old flavor, under a newer epoch', async () => {
    const { id } = await world.create('h1');
    const { migration } = await ended(await world.migrations.resize(caller, id, 'f2'));
    assert.equal(migration.status, 'finished', JSON.stringify(migration.failure));
    const resized = await world.instance(id);
    assert.equal(resized.flavor.id, 'f2');
    assert.equal(resized.oldFlavor!.id, 'f1');
    await revertsTo('h1', id);
  });

  it('resizes on its own host where that is allowed and no other has room, and reverts', async () => {
    try {
      const { id } = await world.create('h1');
      await world.database.query(`UPDATE hosts SET enabled = false WHERE name <> 'h1'`);
      const { migration } = await ended(await world.migrations.resize(caller, id, 'f2'));
      assert.equal(migration.status, 'finished', JSON.stringify(migration.failure));
      const resized = await world.instance(id);
      assert.deepEqual([resized.hostId, resized.epoch, resized.flavor.id], [at('h1'), 2, 'f2']);
      assert.equal(world.agents.get('h1')!.instances.get(id)!.memoryBytes, 512 * 1024 * 1024);
      assert.equal((await claims(id)).length, 2);
      await revertsTo('h1', id);
    } finally {
      await world.database.query('UPDATE hosts SET enabled = true');
    }
  });

  it('starts again where it was when the transfer is refused', async () => {
    const { id } = await world.create('h1');
    world.agents.get('h1')!.refuse('sendMigration', status.FAILED_PRECONDITION, 'no space');
    const { migration } = await ended(await world.migrations.migrate(caller, id, { host: 'h2' }));
    assert.equal(migration.status, 'error');
    const instance = await world.instance(id);
    assert.deepEqual([instance.vmState, instance.taskState, instance.hostId], ['active', null, at('h1')]);
    assert.ok(world.agents.get('h1')!.running().includes(id));
    assert.equal((await claims(id)).length, 1);
  });

  it('invariant 5: a target that has asked whose the instance is, and gave up its disk, does not get it any more', async () => {
    const { id } = await world.create('h1');
    const { migrations } = world.agents.get('h1')!;
    migrations.holdAt = MigrationPhase.MIGRATION_PHASE_DISK;
    const move = await world.migrations.migrate(caller, id, { host: 'h2' });
    await migrations.held();
    await world.closeSwitches(id);
    migrations.goOn();
    const { migration } = await ended(move);
    assert.equal(migration.status, 'error');
    assert.match(migration.failure!.reason, /given it up/);
    const { vmState, hostId, epoch } = await world.instance(id);
    assert.deepEqual([vmState, hostId, epoch], ['active', at('h1'), 1]);
    assert.ok(world.agents.get('h1')!.running().includes(id));
  });

  it('leaves a stopped instance stopped', async () => {
    const { id } = await world.create('h1');
    await world.run(id, 'instance.stop', 'powering-off');
    await ended(await world.migrations.migrate(caller, id, { host: 'h2' }));
    await world.operations.waitFor((await world.migrations.confirmResize(caller, id)).id);
    assert.equal((await world.instance(id)).vmState, 'stopped');
    assert.ok(!world.agents.get('h2')!.running().includes(id));
  });

  it('deletes while it waits for confirm: the kept copy goes too', async () => {
    const { id } = await world.create('h1');
    await ended(await world.migrations.migrate(caller, id, { host: 'h2' }));
    assert.equal((await world.run(id, 'instance.delete', 'deleting', { force: false })).state, 'done');
    assert.ok(!world.agents.get('h1')!.instances.has(id));
    assert.deepEqual(await claims(id), []);
  });

  it('evacuates from a host that is down only, with the same port', async () => {
    const { id } = await world.create('h3');
    await assert.rejects(world.migrations.evacuate(caller, id), /still in use/);
    await world.database.query(`UPDATE hosts SET forced_down = true WHERE name = 'h3'`);
    const { migration } = await ended(await world.migrations.evacuate(caller, id));
    assert.equal(migration.status, 'done', JSON.stringify(migration.failure));
    const instance = await world.instance(id);
    assert.deepEqual([instance.vmState, instance.taskState, instance.epoch], ['active', null, 2]);
    assert.notEqual(instance.hostId, at('h3'));
    assert.equal((await claims(id)).length, 1);
    await world.database.query(`UPDATE hosts SET forced_down = false WHERE name = 'h3'`);
    await back('h3');
  });

  it('invariant 2: evacuates without an operator only what the lost host has promised to end by now', async () => {
    const [marked, other] = [await world.create('h3'), await world.create('h3')];
    const lost = (seconds: number) =>
      world.database.query(`UPDATE hosts SET lease_expires_at = now() - make_interval(secs => $1) WHERE name = 'h3'`, [
        seconds,
      ]);
    try {
      await world.database.query(
        'INSERT INTO host_fences (host_id, stop_seconds, instance_ids) VALUES ($1, 30, $2::uuid[])',
        [at('h3'), [marked.id]],
      );
      await lost(35);
      await assert.rejects(world.migrations.evacuate(caller, marked.id), /will have ended it at \d{4}-/);
      await assert.rejects(world.migrations.evacuate(caller, other.id), /has not promised/);
      await lost(41);
      await assert.rejects(world.migrations.evacuate(caller, other.id), /has not promised/);
      const { migration } = await ended(await world.migrations.evacuate(caller, marked.id));
      assert.equal(migration.status, 'done', JSON.stringify(migration.failure));
      assert.notEqual((await world.instance(marked.id)).hostId, at('h3'));
    } finally {
      await world.database.query('DELETE FROM host_fences');
      await lost(-600);
      await back('h3');
    }
  });

  it('evacuates what is marked by itself, once, while most hosts have been up for a while', async () => {
    const [marked, other] = [await world.create('h3'), await world.create('h3')];
    await world.database.query(`UPDATE instances SET metadata = '{"HA_Enabled":"True"}' WHERE id = $1`, [marked.id]);
    await world.database.query(`UPDATE hosts SET forced_down = true`);
    const auto = new AutoEvacuation(world.database, world.migrations);
    assert.deepEqual([await auto.round(0), await auto.round(60_000)], [[], []], 'as after an outage of our own');
    await world.database.query(`UPDATE hosts SET forced_down = (name = 'h3')`);
    assert.deepEqual([await auto.round(70_000), await auto.round(84_000)], [[], []]);
    assert.deepEqual(await auto.round(85_000), [marked.id]);
    assert.deepEqual(await auto.round(90_000), []);
    const { operationId } = await world.database.manager.findOneByOrFail(Migration, { instanceId: marked.id });
    assert.equal((await world.operations.waitFor(operationId)).state, 'done');
    assert.notEqual((await world.instance(marked.id)).hostId, at('h3'));
    assert.equal((await world.instance(other.id)).hostId, at('h3'));
    await world.database.query('UPDATE hosts SET forced_down = false');
    await back('h3');
  });

  it('evacuates again where the host that it was evacuated to is lost as well', async () => {
    const { id } = await world.create('h3');
    await world.database.query(`UPDATE hosts SET forced_down = true WHERE name = 'h3'`);
    for (const name of ['h1', 'h2']) {
      const agent = world.agents.get(name)!;
      agent.refuse('createInstance', status.UNAVAILABLE, 'no answer', 100);
      agent.onCall = (method) => {
        if (method === 'createInstance') void world.database.query(`UPDATE hosts SET forced_down = (name <> 'h3')`);
      };
    }
    const { migration } = await ended(await world.migrations.evacuate(caller, id));
    assert.match(migration.failure!.reason, /was lost while/);
    assert.equal((await world.instance(id)).vmState, 'error');
    const again = await ended(await world.migrations.evacuate(caller, id));
    assert.equal(again.migration.status, 'done', JSON.stringify(again.migration.failure));
    const { vmState, hostId, epoch } = await world.instance(id);
    assert.deepEqual([vmState, hostId, epoch], ['active', at('h3'), 3]);
    await world.database.query('UPDATE hosts SET forced_down = false');
    for (const name of ['h1', 'h2', 'h3']) await back(name);
  });

  it('deletes while it is evacuated, also after the change of host', async () => {
    const { id } = await world.create('h3');
    await world.database.query(`UPDATE hosts SET forced_down = true WHERE name = 'h3'`);
    const agents = ['h1', 'h2'].map((name) => world.agents.get(name)!);
    let deleted: Promise<Operation> | undefined;
    for (const agent of agents)
      agent.onCall = (method) => {
        if (method === 'createInstance') deleted ??= world.run(id, 'instance.delete', 'deleting', { force: false });
      };
    const { operation } = await ended(await world.migrations.evacuate(caller, id));
    assert.equal(operation.state, 'done', JSON.stringify(operation.failure));
    assert.equal((await deleted!).state, 'done');
    assert.deepEqual(await claims(id), []);
    await world.database.query(`UPDATE hosts SET forced_down = false WHERE name = 'h3'`);
    await back('h3');
  });

  it('invariant 2: a host that is up again, or no longer said to be dead, keeps what was on its way', async () => {
    const { id } = await world.create('h3');
    await world.database.query(`UPDATE hosts SET forced_down = true WHERE name = 'h3'`);
    world.killWorkers();
    const move = await world.migrations.evacuate(caller, id);
    await world.database.query(`UPDATE hosts SET forced_down = false WHERE name = 'h3'`);
    await world.startWorker();
    const { migration } = await ended(move);
    assert.match(migration.failure!.reason, /still in use/);
    const { vmState, taskState, hostId, epoch } = await world.instance(id);
    assert.deepEqual([vmState, taskState, hostId, epoch], ['active', null, at('h3'), 1]);
  });

  it('a host that is back forgets what it lost, and only that', async () => {
    const agent = world.agents.get('h3')!;
    const [evacuated, deleted, stays, broken] = await Promise.all([1, 2, 3, 4].map(() => world.create('h3')));
    await world.database.query(`UPDATE hosts SET forced_down = true WHERE name = 'h3'`);
    const { migration } = await ended(await world.migrations.evacuate(caller, evacuated.id));
    assert.equal(migration.status, 'done', JSON.stringify(migration.failure));
    agent.refuse('deleteInstance', status.UNAVAILABLE, 'no answer');
    assert.equal((await world.run(deleted.id, 'instance.delete', 'deleting', { force: false })).state, 'done');
    await world.database.query(`UPDATE instances SET host_id = $2, epoch = 2, vm_state = 'error' WHERE id = $1`, [
      broken.id,
      at('h1'),
    ]);
    for (const one of [evacuated, deleted, stays, broken]) assert.ok(agent.instances.has(one.id));
    await world.database.query(`UPDATE hosts SET forced_down = false WHERE name = 'h3'`);
    await back('h3');
    assert.ok(!agent.instances.has(evacuated.id), 'invariant 5: it was seen running elsewhere');
    assert.ok(!agent.instances.has(deleted.id));
    assert.ok(agent.instances.has(stays.id));
    assert.ok(agent.instances.has(broken.id), 'invariant 5: the copy may be all there is');
    const { status: after } = await world.database.manager.findOneByOrFail(Migration, { uuid: migration.uuid });
    assert.equal(after, 'completed');
    await world.database.query(`UPDATE instances SET host_id = $2, epoch = 1 WHERE id = $1`, [broken.id, at('h3')]);
  });

  it('confirms by itself what nobody has confirmed, after the window', async () => {
    const { id } = await world.create('h1');
    const { migration } = await ended(await world.migrations.migrate(caller, id, { host: 'h2' }));
    const auto = autoConfirmOf(migration.uuid, 1)!;
    const { id: operationId } = await world.operations.transact((_tx, create) => create(auto));
    assert.equal((await world.instance(id)).vmState, 'resized');
    assert.equal((await world.operations.waitFor(operationId, 20_000)).state, 'done');
    const [confirm] = await world.operations.list({ resourceId: id, kind: 'instance.confirm-resize' });
    assert.equal((await world.operations.waitFor(confirm!.id)).state, 'done');
    assert.equal((await world.instance(id)).vmState, 'active');
  });

  it('keeps apart what an anti-affinity group keeps apart, also where all come at once', async () => {
    const group = newId();
    const { manager } = world.database;
    await manager.save(
      manager.create(ServerGroup, { id: group, name: 'g', projectId: 'p', userId: 'u', policy: 'anti-affinity' }),
    );
    const begun = await Promise.all([1, 2, 3].map(() => world.begin(undefined, { group })));
    for (const { operationId } of begun)
      assert.equal((await world.operations.waitFor(operationId, 30_000)).state, 'done');
    const hosts = await Promise.all(begun.map(async ({ instanceId }) => (await world.instance(instanceId)).hostId));
    assert.equal(new Set(hosts).size, 3);
    const [{ explanation }] = await world.database.query(
      `SELECT context -> 'placement' AS explanation FROM operations WHERE id = $1`,
      [begun[0]!.operationId],
    );
    assert.equal(explanation.considered, 3, 'the placement is kept with its reasons');
    await Promise.all(begun.map(({ instanceId }) => world.run(instanceId, 'instance.delete', 'deleting', {})));
  });

  it('refuses unknown hosts and its own', async () => {
    const { id } = await world.create('h1');
    await assert.rejects(world.migrations.migrate(caller, id, { host: 'nowhere' }), /could not be found/);
    await assert.rejects(world.migrations.liveMigrate(caller, id, { host: 'h1' }), /is on h1 already/);
    assert.equal((await world.instance(id)).taskState, null);
  });
});
