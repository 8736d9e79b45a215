import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TestFleet } from './fleet/test-fleet.js';

const builds = 20;

test(`invariant 1: Redis emptied while ${builds} builds are in flight: all of them finish`, async (context) => {
  const fleet = await TestFleet.open();
  context.after(() => fleet.close());
  const ids = await Promise.all(Array.from({ length: builds }, (_, i) => fleet.create(`e2e-flush-${i}`)));
  await fleet.local.emptyRedis();
  const servers = await Promise.all(ids.map((id) => fleet.cloud.compute.settled(id, 'ACTIVE', 180_000)));
  assert.equal(servers.length, builds);
  await fleet.assertAudited();
  await fleet.remove(...ids);
  await fleet.assertAudited();
});
