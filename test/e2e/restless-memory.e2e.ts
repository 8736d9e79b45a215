import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { hostOf } from '#apps/cli/client/compute';
import { TestFleet } from './fleet/test-fleet.js';

interface LiveMigration {
  status: string;
  failure: { step: string; reason: string } | null;
}

/** A bandwidth below the rate at which the guest rewrites memory, and a freeze too short for what it has rewritten. */
const narrow = { LXSTACK_MIGRATION_BANDWIDTH: String(24 << 20), LXSTACK_MOVE_SWITCH_SECONDS: '1' };

/** Rewrites 40 MiB with other content, as fast as it can. */
const restless = 'my @page = (0) x 10000; while (1) { $round++; $_ = pack("NN", $round, rand 1e9) x 500 for @page }';

test('memory that changes faster than it can be sent: the move fails before the freeze and says how fast, the server goes on', async (context) => {
  const fleet = await TestFleet.open();
  context.after(() => fleet.close());
  const { compute, api, events } = fleet.cloud;
  const server = await fleet.running('e2e-restless', 'debian');
  const source = hostOf(server);
  const perl = 'exec perl -e "$0" </dev/null >/dev/null 2>&1';
  await fleet.local.runInside(source, server.id, ['setsid', '-f', 'sh', '-c', perl, restless]);
  const path = `/fleet/v1/instances/${server.id}/live-migration`;
  const moved = async () => {
    await api.call('POST', path, { memory_mode: 'pre-copy' });
    return events.until(server.id, 'the move has ended', 120_000, async () => {
      const { live_migration: last } = await api.call<{ live_migration: LiveMigration }>('GET', path);
      return ['completed', 'error'].includes(last.status) ? last : undefined;
    });
  };
  await workerWith(fleet, context, narrow);
  const { seen, result } = await fleet.cloud.underTraffic(server, moved);
  assert.equal(result.status, 'error');
  assert.equal(result.failure?.step, 'memory');
  assert.match(result.failure?.reason ?? '', /changes faster than it can be sent: \d+ MiB in \d+ s, .* 1 s at most/);
  assert.ok(seen.open, seen.failure);
  assert.equal(hostOf(await compute.settled(server.id, 'ACTIVE')), source);
  await workerWith(fleet, context, {});
  assert.equal((await moved()).status, 'completed', 'without the cap it can be moved');
  assert.notEqual(hostOf(await compute.settled(server.id, 'ACTIVE')), source);
  await fleet.remove(server.id);
  await fleet.assertAudited();
});

/** Restarts the worker with these settings until the test has ended. */
async function workerWith(fleet: TestFleet, context: TestContext, settings: Partial<typeof narrow>): Promise<void> {
  for (const name of Object.keys(narrow)) delete process.env[name];
  Object.assign(process.env, settings);
  await fleet.local.killProcess('worker');
  await fleet.local.startProcess('worker');
  if (settings !== narrow) return;
  context.after(() => workerWith(fleet, context, {}));
}
