import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { status } from '@grpc/grpc-js';
import { MigrationPhase } from '#generated/lxstack/agent/v1/agent';
import { newId } from '#libs/common/ids';
import type { LivePolicy } from '#libs/mobility/batches/move-batch.entity';
import { caller, WorkflowWorld } from '../support/workflow-world.js';

/** A move that failed for good, made by a client to look like one of the batch's. */
const FORGED = `
  WITH o AS (INSERT INTO operations (id, kind, queue, resource_type, resource_id, request_id, state)
    VALUES ($1, 'instance.migrate', 'migration', 'instance', $2::text, $3, 'error'))
  INSERT INTO migrations (uuid, migration_type, status, instance_id, operation_id, source_host_id, failure, project_id, user_id)
  VALUES ($1, 'migration', 'error', $2::uuid, $1, $4, '{"step": "forged", "reason": "forged"}', 'p', 'u')`;

describe('drain of a host', () => {
  let world: WorkflowWorld;
  beforeEach(async () => {
    world = await WorkflowWorld.start('wf-drain', ['h1', 'h2', 'h3']);
  });
  afterEach(async () => {
    await world.audit();
    await world.stop();
  });

  const at = (name: string) => world.hosts.get(name)!.id;
  const drain = async (live: LivePolicy = 'prefer', parallel = 2) =>
    (await world.drains.begin(caller, at('h1'), { live, parallel, timeoutSeconds: 60 })).batch;
  const ended = async (batchId: string) => {
    const { batch } = await world.batches.view(batchId);
    await world.operations.waitFor(batch.operationId, 120_000);
    return { ...(await world.batches.view(batchId)), items: await world.batches.items(batchId, {}) };
  };
  const migrations = (id: string) =>
    world.database.query('SELECT migration_type AS type, status FROM migrations WHERE instance_id = $1', [id]);
  const left = () => world.database.query('SELECT id FROM instances WHERE host_id = $1', [at('h1')]);

  it('moves stopped ones cold and running ones live, and the host takes nothing new', async () => {
    const [one, two, stopped] = await Promise.all([1, 2, 3].map(() => world.create('h1')));
    await world.run(stopped.id, 'instance.stop', 'powering-off');
    const { operation, counts, items, etaSeconds } = await ended((await drain()).id);
    assert.equal(operation.state, 'done', JSON.stringify(operation.failure));
    assert.deepEqual([counts.total, counts.done, counts.failed, etaSeconds], [3, 3, 0, 0]);
    assert.equal(items[0].instanceId, stopped.id, 'the cheapest first');
    const behind = await world.batches.items(items[0].batchId, { marker: stopped.id, limit: 1 });
    assert.deepEqual(behind, [items[1]], 'a page after the first');
    assert.deepEqual(new Map(items.map(({ instanceId, action }) => [instanceId, action])).get(one.id), 'live');
    assert.equal(items[0].action, 'cold');
    assert.equal((await world.instance(stopped.id)).vmState, 'stopped');
    assert.equal((await world.instance(two.id)).vmState, 'active');
    assert.deepEqual(await left(), []);
    const [host] = await world.database.query('SELECT enabled, disabled_reason FROM hosts WHERE id = $1', [at('h1')]);
    assert.deepEqual(host, { enabled: false, disabled_reason: 'drain' });
  });

  it('its moves are known by their parent operation; a move with the same request id does not count', async () => {
    const { id } = await world.create('h1');
    world.killWorkers();
    const batch = await drain();
    const { operationId } = (await world.batches.view(batch.id)).batch;
    await world.database.query(FORGED, [newId(), id, `req-${operationId}`, at('h1')]);
    await world.startWorker();
    const { operation } = await ended(batch.id);
    assert.equal(operation.state, 'done', JSON.stringify(operation.failure));
    const children = await world.operations.list({ parentId: operationId });
    assert.deepEqual(
      children.map(({ kind, resourceId }) => [kind, resourceId]),
      [['instance.live-migrate', id]],
    );
  });

  it('goes cold from a host that cannot move live, where that is allowed', async () => {
    const { id } = await world.create('h1');
    await world.database.query(`UPDATE hosts SET capabilities = '[]' WHERE id = $1`, [at('h1')]);
    const { operation, items } = await ended((await drain()).id);
    assert.equal(operation.state, 'done', JSON.stringify(operation.failure));
    assert.equal(items[0].action, 'cold');
    assert.equal((await world.instance(id)).vmState, 'active');
  });

  it('asks both ends before it begins: a refused server stays, with every reason, and no move is recorded', async () => {
    const { id } = await world.create('h1');
    world.agents.get('h1')!.reasons.push('It holds a device.', 'It has a session.');
    const { operation, counts, items } = await ended((await drain('require')).id);
    assert.equal(operation.state, 'error');
    assert.deepEqual([counts.done, counts.failed, items[0].reason], [0, 1, 'It holds a device.; It has a session.']);
    assert.deepEqual(await migrations(id), []);
    assert.equal((await world.instance(id)).vmState, 'active');
  });

  it('goes cold at once with what is refused live, where that is allowed', async () => {
    const { id } = await world.create('h1');
    world.agents.get('h1')!.reasons.push('It holds a device.');
    const { operation, items } = await ended((await drain('prefer')).id);
    assert.equal(operation.state, 'done', JSON.stringify(operation.failure));
    assert.equal(items[0].action, 'cold');
    assert.deepEqual(await migrations(id), [{ type: 'migration', status: 'confirmed' }]);
  });

  it('begins the next move when one is committed, not when its source is cleared away', async () => {
    await Promise.all([1, 2].map(() => world.create('h1')));
    const { promise: both, resolve } = Promise.withResolvers<void>();
    const source = world.agents.get('h1')!;
    source.refuse('releaseMigration', status.UNAVAILABLE, 'not yet', Infinity);
    source.onCall = () => source.calls.filter((method) => method === 'sendMigration').length === 2 && resolve();
    const batch = await drain('require', 1);
    await both;
    assert.equal((await world.batches.view(batch.id)).counts.done, 0);
    source.reset();
    const { operation, counts } = await ended(batch.id);
    assert.deepEqual([operation.state, counts.done], ['done', 2]);
  });

  it('does not end while a move to the host goes on, and moves away the server that arrives by it', async () => {
    const { id } = await world.create('h2');
    const { migrations: moves } = world.agents.get('h2')!;
    moves.holdAt = MigrationPhase.MIGRATION_PHASE_DISK;
    await world.migrations.liveMigrate(caller, id, { host: 'h1' });
    await moves.held();
    const batch = await drain('require');
    moves.holdAt = undefined;
    moves.goOn();
    const { operation, counts } = await ended(batch.id);
    assert.deepEqual([operation.state, counts.total, counts.done], ['done', 1, 1]);
    assert.deepEqual(await left(), []);
  });

  it('says why one could not be moved, ends in error, and is resumed when that is mended', async () => {
    const { id } = await world.create('h1');
    await world.database.query(`UPDATE hosts SET enabled = false WHERE id <> $1`, [at('h1')]);
    const batch = await drain('require');
    const first = await ended(batch.id);
    assert.equal(first.operation.state, 'error');
    assert.equal(first.items[0].status, 'failed');
    assert.ok(first.items[0].reason);
    assert.equal((await world.instance(id)).taskState, null);
    await world.database.query(`UPDATE hosts SET enabled = true WHERE id <> $1`, [at('h1')]);
    await world.batches.resume(caller, batch.id);
    assert.equal((await ended(batch.id)).operation.state, 'done');
    assert.deepEqual(await left(), []);
  });

  it('aborted: the running move is taken back, the rest does not begin; one drain of a host at a time', async () => {
    await Promise.all([1, 2, 3].map(() => world.create('h1')));
    const { migrations } = world.agents.get('h1')!;
    migrations.holdAt = MigrationPhase.MIGRATION_PHASE_DISK;
    const batch = await drain('require', 1);
    await migrations.held();
    await assert.rejects(drain(), /being drained already/);
    await assert.rejects(world.batches.resume(caller, batch.id), /still running/);
    await world.batches.abort(batch.id);
    const { operation, counts } = await ended(batch.id);
    assert.equal(operation.state, 'cancelled');
    assert.deepEqual([counts.cancelled + counts.failed, counts.running], [3, 0]);
    assert.equal((await left()).length, 3);
  });

  it('invariant 4: another worker carries on a drain whose worker was killed', async () => {
    await Promise.all([1, 2, 3].map(() => world.create('h1')));
    const { migrations } = world.agents.get('h1')!;
    migrations.holdAt = MigrationPhase.MIGRATION_PHASE_DISK;
    const batch = await drain('prefer', 1);
    await migrations.held();
    world.killWorkers();
    await world.startWorker();
    migrations.holdAt = undefined;
    migrations.goOn();
    const { operation, counts } = await ended(batch.id);
    assert.equal(operation.state, 'done', JSON.stringify(operation.failure));
    assert.deepEqual([counts.done, counts.failed], [3, 0]);
    assert.deepEqual(await left(), []);
  });
});

describe('drains of several hosts at once', () => {
  let world: WorkflowWorld;
  const emptied = ['h1', 'h2', 'h3', 'h4', 'h5'];
  beforeEach(async () => {
    world = await WorkflowWorld.start('wf-drains', [...emptied, 'h6', 'h7']);
  });
  afterEach(async () => {
    await world.audit();
    await world.stop();
  });

  it("do not take each other's slots, nor those of other maintenance operations", async () => {
    const input = { live: 'require' as const, parallel: 1, timeoutSeconds: 60 };
    for (const name of emptied) {
      await world.create(name);
      world.agents.get(name)!.migrations.holdAt = MigrationPhase.MIGRATION_PHASE_DISK;
    }
    const drains = await Promise.all(
      emptied.map((name) => world.drains.begin(caller, world.hosts.get(name)!.id, input)),
    );
    await Promise.all(emptied.map((name) => world.agents.get(name)!.migrations.held()));
    for (const name of emptied) world.agents.get(name)!.migrations.goOn();
    for (const { operation } of drains)
      assert.equal((await world.operations.waitFor(operation.id, 120_000)).state, 'done');
  });
});
