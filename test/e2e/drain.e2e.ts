import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hostOf } from '#apps/cli/client/compute';
import { TestFleet } from './fleet/test-fleet.js';

interface Drain {
  operation_id: string;
  state: string;
  total: number;
  done: number;
  failed: number;
  failure: { details?: string[] } | null;
}

test('a drained host is empty, everything answers elsewhere, and a connection lives on', async (context) => {
  const fleet = await TestFleet.open();
  context.after(() => fleet.close());
  const { api, compute, events } = fleet.cloud;
  const watched = await fleet.running('e2e-drain-0');
  const host = hostOf(watched);
  const path = `/fleet/v1/hosts/${host}/drain`;
  const zone = { availability_zone: `nova:${host}` };
  const second = await fleet.running('e2e-drain-1', 'busybox', zone);
  const stopped = await fleet.running('e2e-drain-2', 'busybox', zone);
  await compute.act(stopped.id, { 'os-stop': null });
  await compute.settled(stopped.id, 'SHUTOFF');
  const { seen } = await fleet.cloud.underTraffic(watched, async () => {
    const begun = await api.call<{ drain: Drain }>('POST', path, { parallel: 2 });
    const drain = await events.until(begun.drain.operation_id, 'the drain', 120_000, async () => {
      const now = (await api.call<{ drain: Drain }>('GET', path)).drain;
      return ['done', 'error', 'cancelled'].includes(now.state) ? now : undefined;
    });
    assert.equal(drain.state, 'done', JSON.stringify(drain));
    assert.deepEqual([drain.total, drain.done, drain.failed], [3, 3, 0]);
  });
  assert.ok(seen.open, seen.failure);
  for (const { id } of [watched, second, stopped]) assert.notEqual(hostOf(await compute.show(id)), host);
  await fleet.answers(await compute.show(second.id));
  assert.equal((await compute.show(stopped.id)).status, 'SHUTOFF');
  await api.call('PUT', `/compute/v2.1/os-services/${host}`, { status: 'enabled' });
  await fleet.remove(watched.id, second.id, stopped.id);
  await fleet.assertAudited();
});
