import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';
import { newId } from '#libs/common/ids';
import { alone } from '#libs/database/advisory-locks';
import { Retention } from '#libs/retention/retention';
import { createTestDatabase } from '../support/servers.js';
import type { TestDatabase } from '../support/servers.js';

const DAYS = { operations: 30, migrations: 90, instances: 90 };
let database: TestDatabase;
before(async () => {
  database = await createTestDatabase();
});
after(() => database.drop());
beforeEach(() =>
  sql('TRUNCATE operations, operation_steps, migrations, instances, allocations, move_batches, rebalance_plans'),
);

const sql = <T = unknown>(text: string, values: unknown[] = []) => database.dataSource.query<T[]>(text, values);
const count = async (table: string) => Number((await sql<{ n: string }>(`SELECT count(*) AS n FROM ${table}`))[0].n);
const run = (days = DAYS, batch?: number) => new Retention(database.dataSource).run(days, batch);

async function operation(daysAgo: number, resourceId = newId(), context = '{}', state = 'done'): Promise<string> {
  const id = newId();
  await sql(
    `INSERT INTO operations (id, kind, queue, resource_type, resource_id, request_id, state, context, finished_at)
     VALUES ($1, 'instance.create', 'instance', 'instance', $2, '', $3, $4, now() - make_interval(days => $5))`,
    [id, resourceId, state, context, daysAgo],
  );
  await sql(`INSERT INTO operation_steps (operation_id, name, attempt, started_at) VALUES ($1, 'one', 1, now())`, [id]);
  return id;
}

async function instance(deletedDaysAgo: number | null): Promise<string> {
  const id = newId();
  await sql(
    `INSERT INTO instances (id, name, hostname, project_id, user_id, flavor, vm_state, deleted_at)
     VALUES ($1, 'one', 'one', 'p', 'u', '{}', 'deleted', now() - make_interval(days => $2::int))`,
    [id, deletedDaysAgo],
  );
  return id;
}

async function migration(instanceId: string, daysAgo: number, status: string): Promise<void> {
  await sql(
    `INSERT INTO migrations (uuid, migration_type, status, instance_id, operation_id, project_id, user_id, created_at, updated_at)
     VALUES ($1, 'migration', $2, $3, $4, 'p', 'u', now() - make_interval(days => $5), now() - make_interval(days => $5))`,
    [newId(), status, instanceId, newId(), daysAgo],
  );
}

test('operations go with their steps when they ended long ago, in batches; unfinished ones and the young stay', async () => {
  for (let i = 0; i < 5; i++) await operation(31);
  const young = await operation(29);
  await sql(`UPDATE operations SET state = 'running' WHERE id = $1`, [await operation(31)]);
  assert.deepEqual(await run(DAYS, 2), { operations: 5 });
  assert.equal(await count('operations'), 2);
  assert.equal(await count('operation_steps'), 2);
  assert.deepEqual(await run({ ...DAYS, operations: 0 }), {}, '0: for ever');
  assert.equal((await sql('SELECT 1 FROM operations WHERE id = $1', [young])).length, 1);
});

test('the operation that placed an instance stays as long as the instance lives', async () => {
  const [living, gone] = [await instance(null), await instance(1)];
  const placement = JSON.stringify({ placement: { hosts: [] } });
  const kept = await operation(400, living, placement);
  await operation(400, gone, placement);
  await operation(400, living);
  assert.deepEqual(await run(), { operations: 2 });
  assert.equal((await sql('SELECT 1 FROM operations WHERE id = $1', [kept])).length, 1);
});

test('a batch goes with the operation it ended with, its plan before it', async () => {
  const [old, young] = [await operation(31), await operation(1)];
  for (const operationId of [old, young]) {
    const id = newId();
    await sql(
      `INSERT INTO move_batches (id, kind, operation_id, live, parallel, timeout_seconds) VALUES ($1, 'rebalance', $2, 'prefer', 1, 1)`,
      [id, operationId],
    );
    await sql(
      `INSERT INTO rebalance_plans (id, settings, plan, batch_id, created_at) VALUES ($1, '{}', '{}', $2, now() - interval '40 days')`,
      [newId(), id],
    );
  }
  assert.deepEqual(await run(), { plans: 1, 'batches of moves': 1, operations: 1 });
  assert.deepEqual([await count('rebalance_plans'), await count('move_batches')], [1, 1]);
});

test('a deleted instance goes when nothing is left in its name; a move that waits for its confirm has not ended', async () => {
  const [bare, moved, waiting, holding] = [
    await instance(91),
    await instance(91),
    await instance(91),
    await instance(91),
  ];
  await instance(89);
  await instance(null);
  await migration(moved, 91, 'completed');
  await migration(waiting, 91, 'finished');
  await sql('INSERT INTO allocations (consumer_id, host_id, instance_id, vcpus) VALUES ($1, $2, $1, 1)', [
    holding,
    newId(),
  ]);
  assert.deepEqual(await run(), { migrations: 1, 'deleted instances': 2 });
  const left = (await sql<{ id: string }>('SELECT id FROM instances')).map(({ id }) => id);
  assert.equal(left.length, 4);
  assert.ok(left.includes(waiting) && left.includes(holding) && !left.includes(bare) && !left.includes(moved));
});

test('one process at a time does what is done alone, and the next one when it has ended', async () => {
  const begun = Promise.withResolvers<void>();
  const end = Promise.withResolvers<void>();
  const first = alone(database.dataSource, 'housekeeping', async () => {
    begun.resolve();
    await end.promise;
    return 'first';
  });
  await begun.promise;
  assert.equal(await alone(database.dataSource, 'housekeeping', () => Promise.resolve('second')), undefined);
  end.resolve();
  assert.equal(await first, 'first');
  assert.equal(await alone(database.dataSource, 'housekeeping', () => Promise.resolve('third')), 'third');
});
