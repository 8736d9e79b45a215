import assert from 'node:assert/strict';
import { after, afterEach, before, describe, it } from 'node:test';
import { status } from '@grpc/grpc-js';
import { InstanceState, InstanceStatus } from '#generated/lxstack/agent/v1/types';
import { retry } from '#libs/common/retry';
import { Operation } from '#libs/operations/operation.entity';
import { caller, WorkflowWorld } from '../support/workflow-world.js';

/** As LXD has them; no face makes them yet. */
describe('ephemeral instances, and those without an image', () => {
  let world: WorkflowWorld;
  before(async () => (world = await WorkflowWorld.start('wf-ephemeral', ['h1', 'h2'])));
  after(() => world.stop());
  afterEach(async () => {
    for (const agent of world.agents.values()) agent.reset();
    await world.audit();
  });

  const agent = (name: string) => world.agents.get(name)!;
  const ephemeral = async (host = 'h1') => (await world.create(host, { ephemeral: true })).id;
  const statesOf = async (id: string) => {
    const { vmState, taskState, deletedAt } = await world.instance(id);
    return [vmState, taskState, deletedAt !== null];
  };
  /** The guest ends at the host; returns what its agent reports of that. */
  const stoppedAt = (host: string, id: string): InstanceStatus => {
    const instance = agent(host).instances.get(id)!;
    instance.state = InstanceState.INSTANCE_STATE_STOPPED;
    return InstanceStatus.create({ id, epoch: instance.epoch, state: instance.state });
  };

  /** Waits for the delete that nobody asked for, and looks that nothing is left of the instance. */
  async function requireGone(id: string) {
    const where = { resourceId: id, kind: 'instance.delete' };
    const deletion = await retry({ attempts: 600, baseMs: 100, maxMs: 100 }, () =>
      world.database.manager.findOneByOrFail(Operation, where),
    );
    assert.equal((await world.operations.waitFor(deletion.id, 120_000)).state, 'done');
    assert.deepEqual([deletion.projectId, deletion.userId], ['p', 'u'], 'in the name of its owner');
    assert.deepEqual(await statesOf(id), ['deleted', null, true]);
    assert.ok(![...agent('h1').instances.keys(), ...agent('h2').instances.keys()].includes(id));
    assert.deepEqual(await world.claims(id), []);
  }

  it('one that is stopped is deleted; another stays', async () => {
    const [one, other] = [await ephemeral(), (await world.create('h1')).id];
    for (const id of [one, other]) await world.run(id, 'instance.stop', 'powering-off');
    await requireGone(one);
    assert.deepEqual(await statesOf(other), ['stopped', null, false]);
    await world.remove(other);
  });

  it('one that powers itself off, or whose host was rebooted, is deleted once, however often that is reported', async () => {
    const id = await ephemeral();
    const told = stoppedAt('h1', id);
    for (let times = 0; times < 3; times++) await world.ownership.report('h1', [told]);
    await requireGone(id);
    assert.equal(await world.database.manager.countBy(Operation, { resourceId: id, kind: 'instance.delete' }), 1);
  });

  it('a reboot and a live move keep it, and the host it is on then hears what it is', async () => {
    const id = await ephemeral();
    await world.run(id, 'instance.reboot', 'rebooting', { hard: false });
    assert.deepEqual(await statesOf(id), ['active', null, false]);
    const { migration } = await world.ended(await world.migrations.liveMigrate(caller, id, { host: 'h2' }));
    assert.equal(migration.status, 'completed');
    const moved = await world.instance(id);
    assert.deepEqual([moved.vmState, moved.hostId, moved.ephemeral], ['active', world.hostId('h2'), true]);
    assert.equal(agent('h2').ephemeral.has(id), true, 'its spec says so');
    await world.ownership.report('h2', [stoppedAt('h2', id)]);
    await requireGone(id);
  });

  it('one that a failed move left stopped is deleted', async () => {
    const id = await ephemeral();
    for (const name of ['h1', 'h2']) agent(name).refuse('startInstance', status.INTERNAL, 'no init', 100);
    const { migration } = await world.ended(await world.migrations.migrate(caller, id));
    assert.equal(migration.status, 'error');
    await requireGone(id);
  });

  it('an instance without an image is made, is stopped, and cannot be started, with the reason of its host', async () => {
    const { id, operation } = await world.create('h1', { imageId: null, flavor: null });
    assert.equal(operation.state, 'done');
    assert.deepEqual(await statesOf(id), ['stopped', null, false]);
    assert.deepEqual(agent('h1').running(), []);
    assert.equal(agent('h1').calls.includes('startInstance'), false);
    agent('h1').refuse('startInstance', status.FAILED_PRECONDITION, 'no /sbin/init to start', 100);
    assert.equal((await world.run(id, 'instance.start', 'powering-on')).state, 'error');
    assert.deepEqual(await statesOf(id), ['stopped', null, false]);
    assert.match((await world.instance(id)).fault!.message, /no \/sbin\/init/);
    const { migration } = await world.ended(await world.migrations.migrate(caller, id));
    assert.equal(migration.status, 'finished', 'and moved as any other');
    await world.remove(id);
  });
});
