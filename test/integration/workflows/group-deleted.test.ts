import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { Image } from '#libs/images/image.entity';
import { Host } from '#libs/fleet/hosts/host.entity';
import { caller, WorkflowWorld } from '../support/workflow-world.js';

const group = '6f0c4f3e-9d3c-4b7e-8c41-000000000002';

describe('placement', () => {
  let world: WorkflowWorld;
  before(async () => {
    world = await WorkflowWorld.start('wf-placement', ['h1', 'h2']);
    const facts = { architecture: 'x86_64' };
    await world.database.manager.update(Host, { role: 'compute' }, { facts });
  });
  after(() => world.stop());

  it('of a deleted server group binds nobody: its members are built, moved and evacuated anywhere', async () => {
    await world.database.query(
      `INSERT INTO server_groups (id, name, project_id, user_id, policy) VALUES ($1, 'together', 'p', 'u', 'affinity')`,
      [group],
    );
    const [one, other] = [await world.begin('h1', { group }), await world.begin('h1', { group })];
    for (const { operationId } of [one, other])
      assert.equal((await world.operations.waitFor(operationId)).state, 'done');
    await assert.rejects(world.migrations.liveMigrate(caller, one.instanceId), /server-group/);
    await world.database.query('DELETE FROM server_groups WHERE id = $1', [group]);
    const live = await world.ended(await world.migrations.liveMigrate(caller, one.instanceId));
    assert.equal(live.migration.status, 'completed', JSON.stringify(live.migration.failure));
    const cold = await world.ended(await world.migrations.migrate(caller, other.instanceId));
    assert.equal(cold.migration.status, 'finished', JSON.stringify(cold.migration.failure));
    await world.database.query(`UPDATE hosts SET forced_down = true WHERE name = 'h2'`);
    const evacuated = await world.ended(await world.migrations.evacuate(caller, one.instanceId));
    assert.equal(evacuated.migration.status, 'done', JSON.stringify(evacuated.migration.failure));
    await world.database.query(`UPDATE hosts SET forced_down = false`);
  });

  it('beside another server binds no longer when that server is deleted', async () => {
    const beside = await world.create('h1');
    const { instanceId, operationId } = await world.begin('h1', { same_host: beside.id });
    assert.equal((await world.operations.waitFor(operationId)).state, 'done');
    await assert.rejects(world.migrations.liveMigrate(caller, instanceId), /same_host/);
    assert.equal((await world.remove(beside.id)).state, 'done');
    const { migration } = await world.ended(await world.migrations.liveMigrate(caller, instanceId));
    assert.equal(migration.status, 'completed', JSON.stringify(migration.failure));
  });

  it('finds a host for an image whose architecture is spelt otherwise, and none of another', async () => {
    const { manager } = world.database;
    const id = world.tenant.imageId;
    for (const [properties, state] of [
      [{ architecture: 'amd64' }, 'done'],
      [{ hw_architecture: 'x64' }, 'done'],
      [{ architecture: 'arm64' }, 'error'],
    ] as const) {
      await manager.update(Image, { id }, { properties });
      assert.equal((await world.create()).operation.state, state, JSON.stringify(properties));
    }
    await manager.update(Image, { id }, { properties: {} });
  });
});
