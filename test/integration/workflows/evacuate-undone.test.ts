import assert from 'node:assert/strict';
import { after, afterEach, before, describe, it } from 'node:test';
import { status } from '@grpc/grpc-js';
import { resyncOf } from '#libs/fleet/leases/resync';
import { Image } from '#libs/images/image.entity';
import { caller, WorkflowWorld } from '../support/workflow-world.js';

describe('an evacuation that cannot finish', () => {
  let world: WorkflowWorld;
  before(async () => (world = await WorkflowWorld.start('wf-evacuate-undone', ['h1', 'h2', 'h3'])));
  after(() => world.stop());
  afterEach(async () => {
    for (const agent of world.agents.values()) agent.reset();
    await forceDown(false);
    await world.audit();
  });

  const forceDown = (on: boolean) => world.database.query(`UPDATE hosts SET forced_down = $1 WHERE name = 'h3'`, [on]);

  /** A server on h3, which an operator then calls dead; its agent lives. */
  async function onDeadHost(): Promise<string> {
    const { id } = await world.create('h3');
    await forceDown(true);
    return id;
  }

  /** h3 is up again: its agent has asked who owns its copies, and is told what it may forget. */
  async function back(): Promise<void> {
    await forceDown(false);
    const { id } = await world.operations.transact((_tx, create) => create(resyncOf(world.hostId('h3'))));
    await world.operations.waitFor(id, 120_000);
  }

  async function placed(id: string) {
    const { vmState, taskState, powerState, hostId, epoch } = await world.instance(id);
    const claims = await world.database.query<{ host_id: string }[]>(
      'SELECT host_id FROM allocations WHERE instance_id = $1',
      [id],
    );
    const ports = await world.database.query<{ host_id: string }[]>('SELECT host_id FROM ports WHERE device_id = $1', [
      id,
    ]);
    const nameOf = (host: string | null) => [...world.hosts].find(([, one]) => one.id === host)?.[0];
    const hosts = [hostId, ...claims.map((one) => one.host_id), ...ports.map((one) => one.host_id)].map(nameOf);
    return { states: [vmState, taskState, powerState], hosts, epoch };
  }

  it('for want of its image gives the server back as it was; its host keeps the disk, and it can be deleted', async () => {
    const id = await onDeadHost();
    for (const name of ['h1', 'h2'])
      world.agents.get(name)!.refuse('createInstance', status.FAILED_PRECONDITION, 'IMAGE_MISSING', 100);
    const { operation, migration } = await world.ended(await world.migrations.evacuate(caller, id));
    assert.equal(operation.state, 'error');
    assert.match(migration.failure!.reason, /IMAGE_MISSING/);
    const asBefore = { states: ['active', null, 1], hosts: ['h3', 'h3', 'h3'], epoch: 1 };
    assert.deepEqual(await placed(id), asBefore);
    await back();
    assert.ok(world.agents.get('h3')!.running().includes(id));
    assert.equal((await world.remove(id)).state, 'done');
    assert.ok(!world.agents.get('h3')!.instances.has(id));
  });

  it('for a start that fails gives the server back under a new epoch, started where it was', async () => {
    const id = await onDeadHost();
    for (const name of ['h1', 'h2']) world.agents.get(name)!.refuse('startInstance', status.INTERNAL, 'no init', 100);
    const { operation, migration } = await world.ended(await world.migrations.evacuate(caller, id));
    assert.equal(operation.state, 'error');
    assert.match(migration.failure!.reason, /no init/);
    assert.deepEqual(await placed(id), { states: ['active', null, 1], hosts: ['h3', 'h3', 'h3'], epoch: 3 });
    for (const name of ['h1', 'h2']) assert.ok(!world.agents.get(name)!.instances.has(id), 'nothing is left there');
    assert.equal(
      world.agents.get('h3')!.instances.get(id)!.epoch,
      3,
      'an agent that lives runs it for its owner again',
    );
    await back();
    assert.ok(world.agents.get('h3')!.running().includes(id));
  });

  it('for want of another host leaves server and allocation as they were', async () => {
    const id = await onDeadHost();
    await world.database.query(`UPDATE hosts SET enabled = false WHERE name <> 'h3'`);
    try {
      const { migration } = await world.ended(await world.migrations.evacuate(caller, id));
      assert.match(migration.failure!.reason, /No valid host was found/);
      assert.deepEqual(await placed(id), { states: ['active', null, 1], hosts: ['h3', 'h3', 'h3'], epoch: 1 });
    } finally {
      await world.database.query('UPDATE hosts SET enabled = true');
    }
  });

  it('for want of the record of its image is refused beforehand, as is every move', async () => {
    const id = await onDeadHost();
    const { manager } = world.database;
    const image = await manager.findOneByOrFail(Image, { id: world.tenant.imageId });
    await manager.delete(Image, { id: image.id });
    try {
      await assert.rejects(world.migrations.evacuate(caller, id), /image .* is gone/);
      await forceDown(false);
      await assert.rejects(world.migrations.liveMigrate(caller, id), /image .* is gone/);
      await assert.rejects(world.migrations.migrate(caller, id), /image .* is gone/);
      const { live, cold } = await world.eligibility.report(await world.instance(id));
      for (const verdict of [live, cold]) {
        assert.equal(verdict.possible, false);
        assert.match(verdict.reasons.join(), /image .* is gone/);
      }
      assert.deepEqual(await placed(id), { states: ['active', null, 1], hosts: ['h3', 'h3', 'h3'], epoch: 1 });
    } finally {
      await manager.save(image);
    }
  });

  it('invariant 5: a host that is back keeps a copy of which the host that is said to have it has none', async () => {
    const { id } = await world.create('h3');
    // The state in which an operator's os-resetState after a failure leaves it.
    await world.database.query(`UPDATE instances SET host_id = $2, epoch = 2 WHERE id = $1`, [id, world.hostId('h1')]);
    await back();
    assert.ok(world.agents.get('h3')!.instances.has(id), 'it is all there is');
    await world.database.query(`UPDATE instances SET host_id = $2, epoch = 1 WHERE id = $1`, [id, world.hostId('h3')]);
  });

  it('of two servers of an anti-affinity group one is evacuated to the only host, the other is given back with the reason', async () => {
    const group = '6f0c4f3e-9d3c-4b7e-8c41-000000000001';
    await world.database.query(
      `INSERT INTO server_groups (id, name, project_id, user_id, policy) VALUES ($1, 'apart', 'p', 'u', 'anti-affinity')`,
      [group],
    );
    await world.database.query(`UPDATE hosts SET enabled = false WHERE name = 'h2'`);
    const [one, other] = [await world.create('h3'), await world.create('h3')];
    await world.database.query(`UPDATE instances SET scheduler_hints = $2 WHERE id = ANY($1)`, [
      [one.id, other.id],
      JSON.stringify({ group }),
    ]);
    await forceDown(true);
    try {
      const moves = await Promise.all([one, other].map(({ id }) => world.migrations.evacuate(caller, id)));
      const ended = await Promise.all(moves.map((move) => world.ended(move)));
      assert.deepEqual(ended.map(({ migration }) => migration.status).sort(), ['done', 'error']);
      const failed = ended.find(({ migration }) => migration.status === 'error')!.migration;
      assert.match(failed.failure!.reason, /No valid host was found.*group already/);
      assert.deepEqual(await placed(failed.instanceId), {
        states: ['active', null, 1],
        hosts: ['h3', 'h3', 'h3'],
        epoch: 1,
      });
    } finally {
      await world.database.query('UPDATE hosts SET enabled = true');
      await back();
    }
  });
});
