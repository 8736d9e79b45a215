import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hostOf } from '#apps/cli/client/compute';
import { TestFleet } from './fleet/test-fleet.js';

interface Plan {
  id: string;
  status: string;
  operation_id: string | null;
  spread_before: number;
  spread_after: number;
  moves: { server_id: string; to: string }[];
  failure: { details?: string[] } | null;
}

const path = '/fleet/v1/rebalance-plans';

test('six servers of one host are spread over three by a plan, live, and all of them answer', async (context) => {
  const fleet = await TestFleet.open();
  context.after(() => fleet.close());
  const { api, compute, events } = fleet.cloud;
  const propose = async () =>
    (await api.call<{ rebalance_plan: Plan }>('POST', path, { threshold: 0, goal: 'range' })).rebalance_plan;
  const first = await fleet.running('e2e-rebalance-0');
  const zone = { availability_zone: `nova:${hostOf(first)}` };
  const others = await Promise.all([1, 2, 3, 4, 5].map((n) => fleet.running(`e2e-rebalance-${n}`, 'busybox', zone)));
  const servers = [first, ...others];
  const plan = await propose();
  assert.equal(plan.status, 'proposed');
  assert.equal(plan.moves.length, 4);

  const { seen } = await fleet.cloud.underTraffic(first, async () => {
    const body = { parallel: 2 };
    const begun = (await api.call<{ rebalance_plan: Plan }>('POST', `${path}/${plan.id}/apply`, body)).rebalance_plan;
    const ended = await events.until(begun.operation_id!, 'the plan', 120_000, async () => {
      const { rebalance_plan: now } = await api.call<{ rebalance_plan: Plan }>('GET', `${path}/${plan.id}`);
      return ['done', 'error', 'cancelled'].includes(now.status) ? now : undefined;
    });
    assert.equal(ended.status, 'done', JSON.stringify(ended.failure));
  });
  assert.ok(seen.open, seen.failure);
  for (const { server_id, to } of plan.moves) assert.equal(hostOf(await compute.show(server_id)), to);
  for (const { id } of servers) await fleet.answers(await compute.show(id));
  const again = await propose();
  assert.ok(again.spread_before < plan.spread_before);
  assert.deepEqual(again.moves, []);
  await fleet.remove(...servers.map(({ id }) => id));
  await fleet.assertAudited();
});
