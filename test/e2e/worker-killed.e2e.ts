import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TestFleet } from './fleet/test-fleet.js';

// Where in the move the kill falls differs from run to run; in every case the move ends and no connection breaks.
for (const delayMs of [100, 400, 800]) {
  test(`worker killed ${delayMs} ms into a live move: another finishes or undoes it (invariant 4)`, async (context) => {
    const fleet = await TestFleet.open();
    context.after(() => fleet.close());
    const server = await fleet.running(`e2e-orphan-${delayMs}`);
    const { seen, result } = await fleet.cloud.underTraffic(server, async () => {
      const moving = fleet.cloud.compute.liveMigrate(server.id);
      await new Promise((resolve) => setTimeout(resolve, delayMs));
      await fleet.local.killProcess('worker');
      await fleet.local.startProcess('worker');
      return moving;
    });
    context.diagnostic(`migration ${result.status}, longest gap ${seen.longestGapMs.toFixed(0)} ms`);
    assert.ok(seen.open, seen.failure);
    assert.equal((await fleet.cloud.compute.show(server.id)).status, 'ACTIVE');
    await fleet.remove(server.id);
    await fleet.assertAudited();
  });
}
