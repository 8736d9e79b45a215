import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hostOf } from '#apps/cli/client/compute';
import { TestFleet } from './fleet/test-fleet.js';

const moves = 20;

test(`${moves} live moves of a systemd server, there and back: none fails, no connection is lost`, async (context) => {
  const fleet = await TestFleet.open();
  context.after(() => fleet.close());
  const server = await fleet.running('e2e-traveller', 'debian');
  const gaps: number[] = [];
  let host = hostOf(server);
  const { seen } = await fleet.cloud.underTraffic(server, async () => {
    for (let i = 1; i <= moves; i++) {
      const migration = await fleet.cloud.compute.liveMigrate(server.id);
      assert.equal(migration.status, 'completed', `move ${i}`);
      const now = hostOf(await fleet.cloud.compute.show(server.id));
      assert.notEqual(now, host, `move ${i}`);
      host = now;
    }
  });
  assert.ok(seen.open, seen.failure);
  gaps.push(seen.longestGapMs);
  context.diagnostic(`${seen.count} messages on one connection, longest gap of all ${Math.max(...gaps).toFixed(0)} ms`);
  await fleet.remove(server.id);
  await fleet.assertAudited();
});
