import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hostOf } from '#apps/cli/client/compute';
import { TestFleet } from './fleet/test-fleet.js';

test('a restore that fails on the target: the instance runs on the source, connected, and no claim is left', async (context) => {
  const fleet = await TestFleet.open();
  context.after(() => fleet.close());
  const server = await fleet.running('e2e-refused');
  const target = await fleet.otherHost(hostOf(server));
  await fleet.local.failRestores(target, true);
  try {
    const { seen, result } = await fleet.cloud.underTraffic(server, () =>
      fleet.cloud.compute.liveMigrate(server.id, target),
    );
    assert.notEqual(result.status, 'completed');
    assert.ok(seen.open, seen.failure);
  } finally {
    await fleet.local.failRestores(target, false);
  }
  const after = await fleet.cloud.compute.show(server.id);
  assert.deepEqual([after.status, hostOf(after)], ['ACTIVE', hostOf(server)]);
  const ports = await fleet.cloud.portsOf(server.id);
  assert.deepEqual(
    await fleet.local.traces(
      target,
      server.id,
      ports.map((port) => port.id),
    ),
    [],
  );
  await fleet.assertAudited();
  const again = await fleet.cloud.compute.liveMigrate(server.id, target);
  assert.equal(again.status, 'completed', 'the same target takes it once it can restore again');
  await fleet.remove(server.id);
  await fleet.assertAudited();
});
