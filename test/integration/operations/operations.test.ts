import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { after, afterEach, before, beforeEach, test } from 'node:test';
import { sleep } from '#libs/common/clock';
import { newId } from '#libs/common/ids';
import type { Operation } from '#libs/operations/operation.entity';
import { QUICK, trialProcess } from '../support/operations.fixture.js';
import type { TrialInput, TrialProcess } from '../support/operations.fixture.js';
import { createTestDatabase } from '../support/servers.js';
import type { TestDatabase } from '../support/servers.js';
import { TestRedis } from '../support/test-redis.js';

let database: TestDatabase;
let redis: TestRedis;
const redisUrl = () => url;
let url: string;
let trial: TrialProcess;

before(async () => {
  [database, redis] = await Promise.all([createTestDatabase(), TestRedis.start()]);
  await database.dataSource.query('CREATE TABLE trial_log (id serial, mark text, what text)');
});
after(() => Promise.all([database.drop(), redis.stop()]));
beforeEach(() => {
  url = redis.url();
  trial = trialProcess(database.dataSource, url);
});
afterEach(() => trial.stop());

function create(input: Partial<TrialInput> = {}, resourceId = newId(), kind = 'trial'): Promise<Operation> {
  return trial.operations.transact((_tx, operation) =>
    operation({
      kind,
      queue: 'instance',
      resourceType: 'trial',
      resourceId,
      by: null,
      input: { mark: resourceId, ...input },
    }),
  );
}

async function log(mark: string): Promise<string[]> {
  const rows = await database.dataSource.query<{ what: string }[]>(
    'SELECT what FROM trial_log WHERE mark = $1 ORDER BY id',
    [mark],
  );
  return rows.map((row) => row.what);
}

const flushAll = () => trial.redis.impatient(() => {}).flushall();

test('an operation runs its steps in order and records each', async () => {
  await trial.runner.start(QUICK);
  const { id, resourceId } = await create();
  const ended = await trial.operations.waitFor(id, 120_000);
  assert.equal(ended.state, 'done');
  assert.deepEqual(await log(resourceId), ['two', 'three']);
  const steps = await trial.operations.steps(id);
  assert.deepEqual(
    steps.map(({ name, result }) => [name, result]),
    [
      ['one', 'success'],
      ['two', 'success'],
      ['three', 'success'],
    ],
  );
});

test('an error that passes is tried again after a back-off', async () => {
  await trial.runner.start(QUICK);
  const { id } = await create({ passingFailures: 2 });
  assert.equal((await trial.operations.waitFor(id, 120_000)).state, 'done');
  const tries = (await trial.operations.steps(id)).filter((step) => step.name === 'two');
  assert.deepEqual(
    tries.map((step) => step.result),
    ['error', 'error', 'success'],
  );
});

test('invariant 4: a failure undoes the done steps in reverse and keeps the reason', async () => {
  await trial.runner.start(QUICK);
  const { id, resourceId } = await create({ failAt: 'three' });
  const ended = await trial.operations.waitFor(id, 120_000);
  assert.equal(ended.state, 'error');
  assert.deepEqual(ended.failure, { step: 'three', message: 'three cannot be done', type: 'Error' });
  assert.deepEqual(await log(resourceId), ['two', 'undo two', 'undo one', 'failed: three cannot be done']);
});

test('after the point of no return a failure is carried forward', async () => {
  await trial.runner.start(QUICK);
  const { id, resourceId } = await create({}, newId(), 'trial-forward');
  assert.equal((await trial.operations.waitFor(id, 120_000)).state, 'done');
  assert.deepEqual(await log(resourceId), ['two', 'three']);
});

test('operations on one resource run one after another in order of creation', async () => {
  await trial.runner.start(QUICK);
  const resource = newId();
  const created: Operation[] = [];
  for (let n = 0; n < 5; n++) created.push(await create({ mark: `${resource}-${n}`, workMs: 60 }, resource));
  const ended = await Promise.all(created.map(({ id }) => trial.operations.waitFor(id, 120_000)));
  for (let n = 1; n < ended.length; n++) assert.ok(ended[n].startedAt! >= ended[n - 1].finishedAt!);
});

test('a cancelled operation is undone and ends as cancelled', async () => {
  await trial.runner.start(QUICK);
  const { id, resourceId } = await create({ workMs: 600_000 });
  await sleep(200);
  assert.equal(await trial.operations.requestCancel(id), true);
  const ended = await trial.operations.waitFor(id, 120_000);
  assert.equal(ended.state, 'cancelled');
  assert.deepEqual(await log(resourceId), ['undo two', 'undo one', 'failed: The operation was cancelled.']);
});

test('one slow host does not stall the operations of another', async () => {
  const hostOf = (operation: Operation) => (operation.input as TrialInput).host ?? null;
  await trial.runner.start({ ...QUICK, concurrency: { instance: 4 }, perHost: 2, hostOf });
  const slow = await Promise.all([...Array(8).keys()].map(() => create({ host: 'slow', workMs: 500 })));
  const quick = await create({ host: 'quick' });
  const ended = await trial.operations.waitFor(quick.id, 120_000);
  const slowEnded = await Promise.all(slow.map(({ id }) => trial.operations.waitFor(id, 120_000)));
  assert.ok(slowEnded.filter((one) => one.finishedAt! > ended.finishedAt!).length >= 4);
  assert.ok(slowEnded.every((one) => one.state === 'done'));
});

test('invariant 1: Redis emptied while operations wait and run loses none of them', async () => {
  await trial.runner.start({ ...QUICK, concurrency: { instance: 4 } });
  const created = await Promise.all([...Array(20).keys()].map(() => create({ workMs: 300 })));
  await sleep(100);
  await flushAll();
  await sleep(400);
  await flushAll();
  const ended = await Promise.all(created.map(({ id }) => trial.operations.waitFor(id, 120_000)));
  assert.deepEqual([...new Set(ended.map(({ state }) => state))], ['done']);
  for (const { resourceId } of created) assert.deepEqual(await log(resourceId), ['two', 'three']);
  const later = await create();
  assert.equal((await trial.operations.waitFor(later.id, 120_000)).state, 'done');
});

test('an operation whose job was never added is found in Postgres', async () => {
  const { id } = await create();
  await flushAll();
  await trial.runner.start(QUICK);
  assert.equal((await trial.operations.waitFor(id, 120_000)).state, 'done');
  const [{ count }] = await database.dataSource.query<{ count: string }[]>(
    'SELECT count(*) FROM outbox WHERE operation_id = $1',
    [id],
  );
  assert.equal(Number(count), 0);
});

/** Starts another worker in a process of its own. */
async function spawnWorker(leaseMs: number): Promise<ChildProcess> {
  const script = join(import.meta.dirname, '../support/operations-worker.js');
  const args = [script, database.url, redisUrl(), String(leaseMs)];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  await once(child.stdout, 'data');
  return child;
}

test('invariant 4: another worker carries on the operation of a killed one at its step, without waiting for its lease', async () => {
  const child = await spawnWorker(600_000);
  const { id, resourceId } = await create({ workMs: 1_000 });
  while ((await trial.operations.get(id)).step !== 'two') await sleep(10);
  child.kill('SIGKILL');
  await once(child, 'exit');
  await trial.runner.start(QUICK);
  assert.equal((await trial.operations.waitFor(id, 15_000)).state, 'done');
  assert.deepEqual(await log(resourceId), ['two', 'three']);
  const steps = await trial.operations.steps(id);
  assert.equal(steps.filter((step) => step.name === 'one').length, 1);
});

test('a worker whose database session broke is not taken for a dead one', async () => {
  const child = await spawnWorker(600_000);
  const { id, resourceId } = await create({ workMs: 5_000 });
  while ((await trial.operations.get(id)).step !== 'two') await sleep(10);
  await database.dataSource.query("SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory'");
  await trial.runner.start(QUICK);
  assert.equal((await trial.operations.waitFor(id, 15_000)).state, 'done');
  child.kill('SIGKILL');
  await once(child, 'exit');
  assert.deepEqual(await log(resourceId), ['two', 'three']);
  const steps = await trial.operations.steps(id);
  assert.equal(steps.filter((step) => step.name === 'two').length, 1);
});

test('a worker that is told to stop gives its operations back at once', async () => {
  await trial.runner.start(QUICK);
  const { id } = await create({ workMs: 1_000 });
  while ((await trial.operations.get(id)).step !== 'two') await sleep(10);
  await trial.runner.stop();
  const given = await trial.operations.get(id);
  assert.deepEqual([given.state, given.lockedBy], ['running', null]);
  const other = trialProcess(database.dataSource, redisUrl());
  await other.runner.start(QUICK);
  assert.equal((await other.operations.waitFor(id, 120_000)).state, 'done');
  await other.stop();
});

test('connections to Postgres cut in the middle of an operation only delay it', async () => {
  await trial.runner.start(QUICK);
  const created = await Promise.all([...Array(5).keys()].map(() => create({ workMs: 300 })));
  await sleep(150);
  await database.cutConnections();
  await sleep(150);
  await database.cutConnections();
  // This process's pool, which the test uses too, must notice the loss first.
  await sleep(150);
  for (const { id } of created) {
    const { state, failure } = await trial.operations.waitFor(id, 120_000);
    assert.equal(state, 'done', JSON.stringify(failure));
  }
});
