import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { ConflictError } from '#libs/common/errors';
import { Host } from '#libs/fleet/hosts/host.entity';
import type { RebalanceSettings } from '#libs/scheduling/rebalance/plan';
import { caller, WorkflowWorld } from '../support/workflow-world.js';

const settings: RebalanceSettings = {
  goal: 'deviation',
  threshold: 0,
  weights: { vcpus: 1, memory: 1, disk: 0 },
  kinds: ['live'],
  maxMoves: 100,
  maxBytes: null,
  maxBlackoutMs: null,
};

describe('rebalance of the fleet', () => {
  let world: WorkflowWorld;
  beforeEach(async () => {
    world = await WorkflowWorld.start('wf-rebalance', ['h1', 'h2', 'h3']);
    await Promise.all([1, 2, 3].map(() => world.create('h1')));
  });
  afterEach(async () => {
    await world.audit();
    await world.stop();
  });

  const perHost = async () => {
    const rows = await world.database.query<{ n: number }[]>(
      'SELECT count(*)::int AS n FROM instances WHERE deleted_at IS NULL GROUP BY host_id ORDER BY n',
    );
    return rows.map(({ n }) => n);
  };
  const ended = async (planId: string) => {
    const { operation } = await world.plans.get(caller, planId);
    await world.operations.waitFor(operation!.id, 120_000);
    return world.plans.get(caller, planId);
  };

  it('a plan moves nothing; applied it evens out the hosts, once', async () => {
    const { stored, status } = await world.plans.propose(caller, settings);
    assert.equal(status, 'proposed');
    assert.equal(stored.plan.moves.length, 2);
    assert.deepEqual(await perHost(), [3]);
    await world.plans.apply(caller, stored.id, { parallel: 1, at: null });
    const { status: end, operation } = await ended(stored.id);
    assert.equal(end, 'done', JSON.stringify(operation?.failure));
    assert.deepEqual(await perHost(), [1, 1, 1]);
    await assert.rejects(world.plans.apply(caller, stored.id, { parallel: 1, at: null }), ConflictError);
    assert.deepEqual((await world.plans.propose(caller, settings)).stored.plan.moves, []);
  });

  it('a plan leaves out hosts whose processor lacks what may be used', async () => {
    const { manager } = world.database;
    for (const [name, cpuFeatures] of Object.entries({ h1: ['sse2', 'avx2'], h2: ['sse2'], h3: ['sse2', 'avx2'] }))
      await manager.update(Host, { name }, { facts: { architecture: 'x86_64', cpuFeatures } });
    const { moves } = (await world.plans.propose(caller, settings)).stored.plan;
    assert.deepEqual(new Set(moves.map(({ to }) => to)), new Set(['h3']));
    for (const name of ['h1', 'h2', 'h3']) await manager.update(Host, { name }, { facts: {} });
  });

  it('a scheduled plan waits for its time although Redis is emptied, and says so', async () => {
    const { stored } = await world.plans.propose(caller, settings);
    const at = new Date(Date.now() + 3_000);
    assert.equal((await world.plans.apply(caller, stored.id, { parallel: 2, at })).status, 'scheduled');
    await world.flushRedis();
    const { status, operation } = await ended(stored.id);
    assert.equal(status, 'done', JSON.stringify(operation?.failure));
    assert.ok(operation!.startedAt! >= at);
    assert.deepEqual(await perHost(), [1, 1, 1]);
  });

  it('a plan that is cancelled never begins', async () => {
    const { stored } = await world.plans.propose(caller, settings);
    const later = await world.plans.propose(caller, settings);
    assert.equal((await world.plans.cancel(caller, stored.id)).status, 'cancelled');
    await assert.rejects(world.plans.apply(caller, stored.id, { parallel: 1, at: null }), ConflictError);
    await world.plans.apply(caller, later.stored.id, { parallel: 1, at: new Date(Date.now() + 2_000) });
    assert.equal((await world.plans.cancel(caller, later.stored.id)).status, 'cancelled');
    assert.equal((await ended(later.stored.id)).status, 'cancelled');
    assert.deepEqual(await perHost(), [3]);
    assert.deepEqual(
      (await world.plans.list(caller, {})).map(({ stored: { id } }) => id),
      [later.stored.id, stored.id],
    );
    const [next, ...more] = await world.plans.list(caller, { marker: later.stored.id, limit: 1 });
    assert.deepEqual([next.stored.id, more.length], [stored.id, 0]);
  });
});
