import assert from 'node:assert/strict';
import { after, afterEach, before, describe, it } from 'node:test';
import { status } from '@grpc/grpc-js';
import { Migration } from '#libs/mobility/migrations/migration.entity';
import { caller, WorkflowWorld } from '../support/workflow-world.js';

describe('the target of a live migration that names none', () => {
  let world: WorkflowWorld;
  before(async () => (world = await WorkflowWorld.start('wf-target', ['h1', 'h2', 'h3'])));
  after(() => world.stop());
  afterEach(async () => {
    for (const agent of world.agents.values()) agent.reset();
    await world.audit();
  });

  const move = async (id: string) => {
    const { uuid, operationId } = await world.migrations.liveMigrate(caller, id);
    await world.operations.waitFor(operationId, 120_000);
    return world.database.manager.findOneByOrFail(Migration, { uuid });
  };
  const hostOf = async (id: string) => {
    const { hostId } = await world.instance(id);
    return [...world.hosts.values()].find((host) => host.id === hostId)?.name;
  };

  it('is the next host where the agent of one refuses', async () => {
    const { id } = await world.create('h1');
    world.agents.get('h2')!.reasons = ['CRIU is too old'];
    assert.equal((await move(id)).status, 'completed');
    assert.equal(await hostOf(id), 'h3');
  });

  it('is the next host where the agent of one does not answer', async () => {
    const { id } = await world.create('h1');
    world.agents.get('h3')!.refuse('checkMigration', status.UNAVAILABLE, 'no connection', 9);
    assert.equal((await move(id)).status, 'completed');
    assert.equal(await hostOf(id), 'h2');
  });

  it('is none where every agent refuses, and the error has the reason of each', async () => {
    const { id } = await world.create('h1');
    world.agents.get('h2')!.reasons = ['CRIU is too old'];
    world.agents.get('h3')!.reasons = ['no room for images'];
    const { status: ended, failure } = await move(id);
    assert.equal(ended, 'error');
    assert.match(failure!.reason, /CRIU is too old/);
    assert.match(failure!.reason, /no room for images/);
    assert.equal(await hostOf(id), 'h1');
    assert.deepEqual(await world.database.query('SELECT FROM allocations WHERE consumer_id <> instance_id'), []);
  });
});
