import assert from 'node:assert/strict';
import { test } from 'node:test';
import pg from 'pg';
import { hostOf } from '#apps/cli/client/compute';
import { Layout } from '#apps/cli/fleet/layout';
import { databaseUrl } from '#apps/cli/services/postgres';
import { setting } from '#libs/common/config';
import { TestFleet } from './fleet/test-fleet.js';

test('a restore that is killed is done once more within the switch: the server arrives, connected, and its record says so', async (context) => {
  const fleet = await TestFleet.open();
  context.after(() => fleet.close());
  const server = await fleet.running('e2e-again');
  const target = await fleet.otherHost(hostOf(server));
  await fleet.local.killNextRestore(target);
  try {
    const { seen, result } = await fleet.cloud.underTraffic(server, () =>
      fleet.cloud.compute.liveMigrate(server.id, target),
    );
    context.diagnostic(`longest gap ${seen.longestGapMs.toFixed(0)} ms`);
    assert.equal(result.status, 'completed');
    assert.ok(seen.open, seen.failure);
  } finally {
    await fleet.local.failRestores(target, false);
  }
  assert.equal(hostOf(await fleet.cloud.compute.show(server.id)), target);
  assert.match(await fleet.local.agentLog(target), /restore tried once more/);
  await fleet.cloud.compute.liveMigrate(server.id, hostOf(server));
  const [there, back] = await retriedRestores(server.id);
  assert.match(there!, /lxc-checkpoint -r ended/);
  assert.equal(back, '', 'once was enough');
  await fleet.remove(server.id);
  await fleet.assertAudited();
});

/** Why the first restore of each move failed, in the order of the moves. */
async function retriedRestores(instanceId: string): Promise<string[]> {
  const layout = new Layout(setting('LXSTACK_DEPLOYMENT'));
  const client = new pg.Client({ connectionString: databaseUrl(layout) });
  await client.connect();
  try {
    const { rows } = await client.query<{ restore_retried: string }>(
      'SELECT restore_retried FROM migrations WHERE instance_id = $1 ORDER BY id',
      [instanceId],
    );
    return rows.map((row) => row.restore_retried);
  } finally {
    await client.end();
  }
}
