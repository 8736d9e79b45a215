import assert from 'node:assert/strict';
import { after, afterEach, before, describe, it } from 'node:test';
import { status } from '@grpc/grpc-js';
import { resyncOf } from '#libs/fleet/leases/resync';
import { AutoEvacuation } from '#apps/worker/move/evacuate/auto-evacuation';
import { Migration } from '#libs/mobility/migrations/migration.entity';
import type { Operation } from '#libs/operations/operation.entity';
import { caller, WorkflowWorld } from '../support/workflow-world.js';

describe('evacuation', () => {
  let world: WorkflowWorld;
  before(async () => (world = await WorkflowWorld.start('wf-evacuate', ['h1', 'h2', 'h3'])));
  after(() => world.stop());
  afterEach(async () => {
    for (const agent of world.agents.values()) agent.reset();
    await world.audit();
  });

  /** The host's agent has started anew. */
  const back = async (name: string) => {
    const { id } = await world.operations.transact((_tx, create) => create(resyncOf(world.hostId(name))));
    const { state, failure } = await world.operations.waitFor(id, 120_000);
    assert.equal(state, 'done', JSON.stringify(failure));
  };

  it('evacuates from a host that is down only, with the same port', async () => {
    const { id } = await world.create('h3');
    await assert.rejects(world.migrations.evacuate(caller, id), /still in use/);
    await world.database.query(`UPDATE hosts SET forced_down = true WHERE name = 'h3'`);
    const { migration } = await world.ended(await world.migrations.evacuate(caller, id));
    assert.equal(migration.status, 'done', JSON.stringify(migration.failure));
    const instance = await world.instance(id);
    assert.deepEqual([instance.vmState, instance.taskState, instance.epoch], ['active', null, 2]);
    assert.notEqual(instance.hostId, world.hostId('h3'));
    assert.equal((await world.claims(id)).length, 1);
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
        [world.hostId('h3'), [marked.id]],
      );
      await lost(35);
      await assert.rejects(world.migrations.evacuate(caller, marked.id), /will have ended it at \d{4}-/);
      await assert.rejects(world.migrations.evacuate(caller, other.id), /has not promised/);
      await lost(41);
      await assert.rejects(world.migrations.evacuate(caller, other.id), /has not promised/);
      const { migration } = await world.ended(await world.migrations.evacuate(caller, marked.id));
      assert.equal(migration.status, 'done', JSON.stringify(migration.failure));
      assert.notEqual((await world.instance(marked.id)).hostId, world.hostId('h3'));
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
    assert.notEqual((await world.instance(marked.id)).hostId, world.hostId('h3'));
    assert.equal((await world.instance(other.id)).hostId, world.hostId('h3'));
    await world.database.query('UPDATE hosts SET forced_down = false');
    await back('h3');
  });

  it('evacuates again where the host that it was evacuated to is lost as well', async () => {
    const { id } = await world.create('h3');
    await world.database.query(`UPDATE hosts SET forced_down = true WHERE name = 'h3'`);
    for (const name of ['h1', 'h2']) {
      const agent = world.agents.get(name)!;
      agent.refuse('startInstance', status.UNAVAILABLE, 'no answer', 100);
      agent.onCall = (method) => {
        if (method === 'startInstance') void world.database.query(`UPDATE hosts SET forced_down = (name <> 'h3')`);
      };
    }
    const { migration } = await world.ended(await world.migrations.evacuate(caller, id));
    assert.match(migration.failure!.reason, /was lost while/);
    assert.equal((await world.instance(id)).vmState, 'error');
    const again = await world.ended(await world.migrations.evacuate(caller, id));
    assert.equal(again.migration.status, 'done', JSON.stringify(again.migration.failure));
    const { vmState, hostId, epoch } = await world.instance(id);
    assert.deepEqual([vmState, hostId, epoch], ['active', world.hostId('h3'), 3]);
    await world.database.query('UPDATE hosts SET forced_down = false');
    for (const name of ['h1', 'h2', 'h3']) await back(name);
  });

  for (const [when, call] of [
    ['before', 'createInstance'],
    ['after', 'startInstance'],
  ])
    it(`deletes while it is evacuated, ${when} the change of host: the evacuation is given up for it`, async () => {
      const { id } = await world.create('h3');
      await world.database.query(`UPDATE hosts SET forced_down = true WHERE name = 'h3'`);
      const agents = ['h1', 'h2'].map((name) => world.agents.get(name)!);
      let deleted: Promise<Operation> | undefined;
      for (const agent of agents) {
        agent.refuse(call as 'createInstance', status.UNAVAILABLE, 'no answer', 3);
        agent.onCall = (method) => {
          if (method === call) deleted ??= world.remove(id);
        };
      }
      const { operation } = await world.ended(await world.migrations.evacuate(caller, id));
      assert.equal(operation.state, 'cancelled', JSON.stringify(operation.failure));
      assert.equal((await deleted!).state, 'done');
      assert.deepEqual(await world.claims(id), []);
      await world.database.query(`UPDATE hosts SET forced_down = false WHERE name = 'h3'`);
      await back('h3');
    });

  it('invariant 2: a host that is up again, or no longer forced down, keeps the server whose evacuation is not committed', async () => {
    const { id } = await world.create('h3');
    await world.database.query(`UPDATE hosts SET forced_down = true WHERE name = 'h3'`);
    world.killWorkers();
    const move = await world.migrations.evacuate(caller, id);
    await world.database.query(`UPDATE hosts SET forced_down = false WHERE name = 'h3'`);
    await world.startWorker();
    const { migration } = await world.ended(move);
    assert.match(migration.failure!.reason, /still in use/);
    const { vmState, taskState, hostId, epoch } = await world.instance(id);
    assert.deepEqual([vmState, taskState, hostId, epoch], ['active', null, world.hostId('h3'), 1]);
  });

  it('a host that is back forgets what it lost, and only that', async () => {
    const agent = world.agents.get('h3')!;
    const [evacuated, deleted, stays, broken] = await Promise.all([1, 2, 3, 4].map(() => world.create('h3')));
    await world.database.query(`UPDATE hosts SET forced_down = true WHERE name = 'h3'`);
    const { migration } = await world.ended(await world.migrations.evacuate(caller, evacuated.id));
    assert.equal(migration.status, 'done', JSON.stringify(migration.failure));
    agent.refuse('deleteInstance', status.UNAVAILABLE, 'no answer');
    assert.equal((await world.run(deleted.id, 'instance.delete', 'deleting', { force: false })).state, 'done');
    await world.database.query(`UPDATE instances SET host_id = $2, epoch = 2, vm_state = 'error' WHERE id = $1`, [
      broken.id,
      world.hostId('h1'),
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
    await world.database.query(`UPDATE instances SET host_id = $2, epoch = 1 WHERE id = $1`, [
      broken.id,
      world.hostId('h3'),
    ]);
  });
});
