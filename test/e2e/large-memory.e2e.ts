import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hostOf } from '#apps/cli/client/compute';
import { memoryGuest, roundAfter, roundOf } from './fleet/memory-guest.js';
import { TestFleet } from './fleet/test-fleet.js';

test('a server with 200 MiB of memory moves with its memory sent before the freeze and mapped in after it; no page is lost', async (context) => {
  const fleet = await TestFleet.open();
  context.after(() => fleet.close());
  const { compute } = fleet.cloud;
  const server = await memoryGuest(fleet, 'e2e-memory');
  const { seen } = await fleet.cloud.underTraffic(server, async () => {
    for (let move = 1; move <= 2; move++) {
      const before = roundOf(server.id);
      await compute.movesLive(server.id);
      await roundAfter(server.id, before + 1);
    }
  });
  assert.ok(seen.open, seen.failure);
  context.diagnostic(`longest gap ${seen.longestGapMs.toFixed(0)} ms`);
  const source = await fleet.local.agentLog(hostOf(server));
  assert.match(source, /"memoryMode":"pre-copy"/);
  await fleet.remove(server.id);
  await fleet.assertAudited();
});
