import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TestFleet } from './fleet/test-fleet.js';

test('the API restarted while servers are being built and one is on the move: nothing notices', async (context) => {
  const fleet = await TestFleet.open();
  context.after(() => fleet.close());
  const traveller = await fleet.running('e2e-api-move');
  const { seen, result } = await fleet.cloud.underTraffic(traveller, async () => {
    const ids = await Promise.all([0, 1, 2, 3, 4].map((i) => fleet.create(`e2e-api-${i}`)));
    const migration = await fleet.cloud.compute.startLiveMigration(traveller.id);
    await fleet.local.killProcess('api');
    await fleet.local.startProcess('api');
    const servers = await Promise.all(ids.map((id) => fleet.cloud.compute.settled(id, 'ACTIVE')));
    return { ids: servers.map((server) => server.id), moved: await migration() };
  });
  assert.equal(result.moved.status, 'completed');
  assert.ok(seen.open, seen.failure);
  await fleet.assertAudited();
  await fleet.remove(traveller.id, ...result.ids);
  await fleet.assertAudited();
});
