import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { MigrationPhase } from '#generated/lxstack/agent/v1/agent';
import { Migration } from '#libs/mobility/migrations/migration.entity';
import { caller, WorkflowWorld } from '../support/workflow-world.js';

/** Long enough for every lease of 1.5 s to run out. */
const AWAY_MS = 2_500;

describe('PostgreSQL restarted with operations in flight', () => {
  let world: WorkflowWorld;
  before(async () => (world = await WorkflowWorld.start('pg-away', ['h1', 'h2'])));
  after(() => world.stop());

  /** Restarts PostgreSQL at the first call of `method` to any agent; resolves when it accepts connections again. */
  const restartAt = (method: string): Promise<void> => {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    let begun = false;
    for (const agent of world.agents.values())
      agent.onCall = (called) => {
        if (called !== method || begun) return;
        begun = true;
        world.restartPostgres(AWAY_MS).then(resolve, reject);
      };
    return promise;
  };

  it('builds end well', async () => {
    const begun = await Promise.all(Array.from({ length: 6 }, () => world.begin()));
    await restartAt('createInstance');
    for (const { operationId, instanceId } of begun) {
      const { state, failure } = await world.operations.waitFor(operationId, 120_000);
      assert.equal(state, 'done', JSON.stringify(failure));
      assert.equal((await world.instance(instanceId)).vmState, 'active');
    }
    await world.audit();
  });

  for (const phase of ['DISK', 'RESTORE', 'AWAIT_COMMIT'] as const)
    it(`a live move that was at ${phase} ends well, here or there`, async () => {
      const { id } = await world.create('h1');
      const { migrations } = world.agents.get('h1')!;
      const { promise, resolve, reject } = Promise.withResolvers<void>();
      migrations.onPhase = (reached) => {
        if (reached !== MigrationPhase[`MIGRATION_PHASE_${phase}`]) return;
        migrations.onPhase = () => {};
        world.restartPostgres(AWAY_MS).then(resolve, reject);
      };
      const { uuid, operationId } = await world.migrations.liveMigrate(caller, id, { host: 'h2' });
      await promise;
      await world.operations.waitFor(operationId, 120_000);
      const { status } = await world.database.manager.findOneByOrFail(Migration, { uuid });
      const { hostId, vmState, taskState } = await world.instance(id);
      assert.ok(['completed', 'error'].includes(status), status);
      assert.equal(hostId, world.hosts.get(status === 'completed' ? 'h2' : 'h1')!.id);
      assert.deepEqual([vmState, taskState], ['active', null]);
      await world.audit();
    });

  it('a delete ends well', async () => {
    const { id } = await world.create('h1');
    const restarted = restartAt('deleteInstance');
    const deleted = world.run(id, 'instance.delete', 'deleting', { force: false }).catch(() => undefined);
    await Promise.all([restarted, deleted]);
    const [{ id: operationId }] = await world.operations.list({ resourceId: id, kind: 'instance.delete' });
    assert.equal((await world.operations.waitFor(operationId, 120_000)).state, 'done');
    assert.ok(!world.agents.get('h1')!.instances.has(id));
    await world.audit();
  });
});
