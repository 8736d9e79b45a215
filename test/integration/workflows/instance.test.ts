import assert from 'node:assert/strict';
import { after, afterEach, before, describe, it } from 'node:test';
import { status } from '@grpc/grpc-js';
import { newId } from '#libs/common/ids';
import { ServerGroup } from '#libs/compute/server-groups/server-group.entity';
import { Leases } from '#libs/fleet/leases/leases.service';
import { WorkflowWorld } from '../support/workflow-world.js';

describe('workflows of one instance', () => {
  let world: WorkflowWorld;
  before(async () => (world = await WorkflowWorld.start('wf-instance', ['h1', 'h2', 'h3'])));
  after(() => world.stop());
  afterEach(() => world.audit());

  it('builds: ACTIVE, running on its host, its port active there', async () => {
    const { id, operation } = await world.create('h1');
    assert.equal(operation.state, 'done', JSON.stringify(operation.failure));
    const instance = await world.instance(id);
    assert.deepEqual([instance.vmState, instance.taskState, instance.powerState], ['active', null, 1]);
    assert.equal(instance.hostId, world.hosts.get('h1')!.id);
    assert.ok(instance.launchedAt);
    assert.ok(world.agents.get('h1')!.running().includes(id));
  });

  it('tells the peers of its network where it is', async () => {
    await world.create('h2');
    await world.create('h1');
    const entries = world.agents.get('h2')!.forwarding.get(world.tenant.networkId);
    assert.ok([...entries!.values()].includes('10.213.0.11'));
  });

  it('tries again where the host did not answer', async () => {
    world.agents.get('h1')!.refuse('createInstance', status.UNAVAILABLE, 'busy', 2);
    const { id, operation } = await world.create('h1');
    assert.equal(operation.state, 'done');
    assert.ok(world.agents.get('h1')!.running().includes(id));
  });

  it('fails with the reason of a host that refuses for good, and leaves nothing claimed', async () => {
    world.agents.get('h1')!.refuse('createInstance', status.FAILED_PRECONDITION, 'sha256 does not match');
    const { id, operation } = await world.create('h1');
    assert.equal(operation.state, 'error');
    const instance = await world.instance(id);
    assert.equal(instance.vmState, 'error');
    assert.match(instance.fault!.message, /sha256 does not match/);
    assert.equal(instance.hostId, null);
    assert.ok(!world.agents.get('h1')!.instances.has(id));
  });

  it('goes to ERROR with the reason of every host where none can take it', async () => {
    await world.database.query('UPDATE hosts SET enabled = false');
    const { id, operation } = await world.create();
    await world.database.query('UPDATE hosts SET enabled = true');
    assert.equal(operation.state, 'error');
    const { vmState, fault } = await world.instance(id);
    assert.equal(vmState, 'error');
    assert.match(fault!.details!, /h1.*\n.*h2|h2.*\n.*h1/);
  });

  it('keeps apart what an anti-affinity group keeps apart, also where all come at once', async () => {
    const group = newId();
    const { manager } = world.database;
    await manager.save(
      manager.create(ServerGroup, { id: group, name: 'g', projectId: 'p', userId: 'u', policy: 'anti-affinity' }),
    );
    const begun = await Promise.all([1, 2, 3].map(() => world.begin(undefined, { group })));
    for (const { operationId } of begun)
      assert.equal((await world.operations.waitFor(operationId, 120_000)).state, 'done');
    const hosts = await Promise.all(begun.map(async ({ instanceId }) => (await world.instance(instanceId)).hostId));
    assert.equal(new Set(hosts).size, 3);
    const [{ explanation }] = await world.database.query(
      `SELECT context -> 'placement' AS explanation FROM operations WHERE id = $1`,
      [begun[0]!.operationId],
    );
    assert.equal(explanation.considered, 3, 'the placement is kept with its reasons');
    await Promise.all(begun.map(({ instanceId }) => world.run(instanceId, 'instance.delete', 'deleting', {})));
  });

  it('stops, starts, reboots, pauses and unpauses', async () => {
    const { id } = await world.create('h1');
    const agent = world.agents.get('h1')!;
    assert.equal((await world.run(id, 'instance.stop', 'powering-off')).state, 'done');
    assert.equal((await world.instance(id)).vmState, 'stopped');
    assert.ok(!agent.running().includes(id));
    assert.equal((await world.run(id, 'instance.start', 'powering-on')).state, 'done');
    assert.equal((await world.run(id, 'instance.reboot', 'rebooting', { hard: false })).state, 'done');
    assert.equal((await world.run(id, 'instance.pause', 'pausing')).state, 'done');
    assert.equal((await world.instance(id)).vmState, 'paused');
    assert.equal((await world.run(id, 'instance.unpause', 'unpausing')).state, 'done');
    assert.ok(agent.running().includes(id));
  });

  it('stays as it was, with a fault, where the host cannot stop it', async () => {
    const { id } = await world.create('h1');
    world.agents.get('h1')!.refuse('stopInstance', status.INTERNAL, 'will not die');
    assert.equal((await world.run(id, 'instance.stop', 'powering-off')).state, 'error');
    const { vmState, taskState, fault } = await world.instance(id);
    assert.deepEqual([vmState, taskState], ['active', null]);
    assert.match(fault!.message, /will not die/);
  });

  it('rebuilds where it is', async () => {
    const { id } = await world.create('h1');
    const input = { imageId: world.tenant.imageId, previousImageId: world.tenant.imageId, start: true };
    assert.equal((await world.run(id, 'instance.rebuild', 'rebuilding', input)).state, 'done');
    assert.equal((await world.instance(id)).vmState, 'active');
  });

  it('deletes: gone from host and record, address free, peers forget it', async () => {
    const { id } = await world.create('h1');
    assert.equal((await world.run(id, 'instance.delete', 'deleting', { force: false })).state, 'done');
    const instance = await world.instance(id);
    assert.equal(instance.vmState, 'deleted');
    assert.ok(instance.deletedAt);
    assert.ok(!world.agents.get('h1')!.instances.has(id));
    assert.deepEqual(await world.database.query('SELECT id FROM ports WHERE device_id = $1', [id]), []);
  });

  it('deletes what was never placed', async () => {
    await world.database.query('UPDATE hosts SET enabled = false');
    const { id } = await world.create();
    await world.database.query('UPDATE hosts SET enabled = true');
    assert.equal((await world.run(id, 'instance.delete', 'deleting', { force: false })).state, 'done');
    assert.equal((await world.instance(id)).vmState, 'deleted');
  });

  it('deletes on record where the host is down', async () => {
    const { id } = await world.create('h2');
    world.agents.get('h2')!.refuse('deleteInstance', status.UNAVAILABLE, 'gone', 1000);
    await world.database.query(`UPDATE hosts SET forced_down = true WHERE name = 'h2'`);
    assert.equal((await world.run(id, 'instance.delete', 'deleting', { force: false })).state, 'done');
    world.agents.get('h2')!.refuse('deleteInstance', status.OK, '', 0);
    world.agents.get('h2')!.instances.delete(id);
    await world.database.query(`UPDATE hosts SET forced_down = false WHERE name = 'h2'`);
  });

  it('finishes a build that a killed worker had begun, once', async () => {
    const agent = world.agents.get('h1')!;
    agent.onCall = (method) => {
      if (method !== 'createInstance') return;
      agent.onCall = () => {};
      world.killWorkers();
      void world.startWorker();
    };
    const { id, operation } = await world.create('h1');
    assert.equal(operation.state, 'done');
    assert.ok(agent.running().includes(id));
  });

  it('tells a host that is back where the peers of its networks are', async () => {
    await world.create('h1');
    await world.create('h2');
    const agent = world.agents.get('h2')!;
    agent.forwarding.clear();
    const leases = new Leases(world.operations);
    await leases.renew('h2', { host: world.hostInfo('h2'), bootId: 'another' });
    const [{ id }] = await world.operations.list({ kind: 'host.resync' });
    assert.equal((await world.operations.waitFor(id)).state, 'done');
    assert.ok([...agent.forwarding.get(world.tenant.networkId)!.values()].includes('10.213.0.11'));
    await leases.renew('h2', { host: world.hostInfo('h2'), bootId: 'another' });
    assert.equal((await world.operations.list({ kind: 'host.resync' })).length, 1, 'once per return');
  });

  it('invariant 1: builds in flight survive FLUSHALL', async () => {
    const begun = await Promise.all(Array.from({ length: 6 }, () => world.begin()));
    await world.flushRedis();
    for (const { operationId } of begun)
      assert.equal((await world.operations.waitFor(operationId, 120_000)).state, 'done');
  });
});
