import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hostOf } from '#apps/cli/client/compute';
import { TestFleet } from './fleet/test-fleet.js';

// Where in the move the kill falls differs from run to run; in every case the move ends, the server runs once and no
// connection breaks.
for (const end of ['source', 'target'] as const)
  for (const delayMs of [200, 450, 700])
    test(`agent of the ${end} killed ${delayMs} ms into a live move: the next one ends it (invariant 2)`, async (context) => {
      const fleet = await TestFleet.open();
      context.after(() => fleet.close());
      const { cloud, local } = fleet;
      const server = await fleet.running(`e2e-${end}-killed-${delayMs}`);
      const target = await fleet.otherHost(hostOf(server));
      const victim = end === 'source' ? hostOf(server) : target;
      const { seen, result } = await cloud.underTraffic(server, async () => {
        const ended = await cloud.compute.startLiveMigration(server.id, target);
        await new Promise((resolve) => setTimeout(resolve, delayMs));
        await local.killAgent(victim);
        await local.startAgent(victim);
        return ended();
      });
      context.diagnostic(`migration ${result.status}, longest gap ${seen.longestGapMs.toFixed(0)} ms`);
      assert.ok(seen.open, seen.failure);
      await fleet.cloud.compute.hostIs(victim, 'up');
      const now = hostOf(await cloud.compute.show(server.id));
      const ports = (await cloud.portsOf(server.id)).map((port) => port.id);
      const other = now === target ? hostOf(server) : target;
      assert.deepEqual(await local.traces(other, server.id, ports), []);
      await fleet.assertAudited();
      await fleet.remove(server.id);
    });
