import assert from 'node:assert/strict';
import { after, afterEach, before, describe, it } from 'node:test';
import { status } from '@grpc/grpc-js';
import { InstanceState } from '#generated/lxstack/agent/v1/types';
import { caller, WorkflowWorld } from '../support/workflow-world.js';

describe('a start that keeps failing', () => {
  let world: WorkflowWorld;
  before(async () => (world = await WorkflowWorld.start('wf-start-fails', ['h1', 'h2'])));
  after(() => world.stop());
  afterEach(async () => {
    for (const agent of world.agents.values()) agent.reset();
    await world.audit();
  });

  const agent = (name: string) => world.agents.get(name)!;
  const fails = (name: string) => agent(name).refuse('startInstance', status.INTERNAL, 'no init', 100);

  async function placed(id: string) {
    const { vmState, taskState, powerState, hostId, epoch, memoryMb } = await world.instance(id);
    assert.equal((await world.claims(id)).length, 1);
    const host = [...world.hosts].find(([, one]) => one.id === hostId)![0];
    return [vmState, taskState, powerState, host, epoch, memoryMb];
  }

  it('at the target of a cold move takes the move back: it runs where it was, with its disk', async () => {
    const { id } = await world.create('h1');
    fails('h2');
    const { operation, migration } = await world.ended(await world.migrations.migrate(caller, id));
    assert.deepEqual([operation.state, migration.status], ['error', 'error']);
    assert.match(migration.failure!.reason, /no init/);
    assert.equal(agent('h2').calls.filter((call) => call === 'startInstance').length, 1, 'more tries bring the same');
    assert.deepEqual(await placed(id), ['active', null, 1, 'h1', 3, 256]);
    assert.deepEqual(agent('h1').running(), [id]);
    assert.ok(!agent('h2').instances.has(id), 'nothing is left there');
    await world.remove(id);
  });

  it('at both ends of a cold move leaves it where it was, said to be stopped', async () => {
    const { id } = await world.create('h1');
    fails('h1');
    fails('h2');
    const { migration } = await world.ended(await world.migrations.migrate(caller, id));
    assert.equal(migration.status, 'error');
    assert.deepEqual(await placed(id), ['stopped', null, 4, 'h1', 3, 256]);
    assert.match((await world.instance(id)).fault!.message, /no init/);
    assert.equal(agent('h1').instances.get(id)!.state, InstanceState.INSTANCE_STATE_STOPPED);
    await world.remove(id);
  });

  it('where a cold move that failed before its commit is undone leaves it said to be stopped', async () => {
    const { id } = await world.create('h1');
    fails('h1');
    agent('h1').refuse('sendMigration', status.INTERNAL, 'no way');
    const { migration } = await world.ended(await world.migrations.migrate(caller, id));
    assert.equal(migration.status, 'error');
    assert.deepEqual(await placed(id), ['stopped', null, 4, 'h1', 1, 256]);
    await world.remove(id);
  });

  it('where the target of a cold move does not answer leaves it there, in ERROR: whether it runs nobody knows', async () => {
    const { id } = await world.create('h1');
    fails('h2');
    agent('h2').refuse('stopInstance', status.UNAVAILABLE, 'no answer', 100);
    agent('h2').onCall = (method) => {
      if (method === 'startInstance') void world.database.query(`UPDATE hosts SET forced_down = (name = 'h2')`);
    };
    const { migration } = await world.ended(await world.migrations.migrate(caller, id));
    assert.equal(migration.status, 'error');
    const { vmState, hostId, epoch } = await world.instance(id);
    assert.deepEqual([vmState, hostId, epoch], ['error', world.hostId('h2'), 2]);
    assert.deepEqual(agent('h1').running(), [], 'invariant 2');
    agent('h2').reset();
    await world.database.query('UPDATE hosts SET forced_down = false');
    await world.remove(id);
    agent('h1').instances.delete(id);
  });

  it('after a revert says that it is stopped', async () => {
    const { id } = await world.create('h1');
    await world.ended(await world.migrations.migrate(caller, id));
    fails('h1');
    const operation = await world.migrations.revertResize(caller, id);
    assert.equal((await world.operations.waitFor(operation.id, 120_000)).state, 'done');
    assert.deepEqual(await placed(id), ['stopped', null, 4, 'h1', 3, 256]);
    assert.match((await world.instance(id)).fault!.message, /could not start it again/);
    await world.remove(id);
  });
});
