import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hostOf } from '#apps/cli/client/compute';
import { inside } from './fleet/inside.js';
import { TestFleet } from './fleet/test-fleet.js';
import { Held } from './held/held.js';

test('whatever the processes of a systemd server hold goes along, there and back, and stays when a restore is refused', async (context) => {
  const fleet = await TestFleet.open();
  context.after(() => fleet.close());
  const { compute } = fleet.cloud;
  const flavor = await compute.ensureFlavor('e2e.contents', { vcpus: 1, ram: 512, disk: 1 });
  const id = await compute.create('e2e-contents', fleet.images.debian, flavor, fleet.networkId);
  const server = await compute.settled(id, 'ACTIVE');
  await fleet.answers(server);
  const held = await Held.by(fleet, server, 300);
  await held.verify(context, 'before');
  const home = hostOf(server);
  const target = await fleet.otherHost(home);

  await fleet.local.failRestores(target, true);
  try {
    assert.notEqual((await compute.liveMigrate(id, target)).status, 'completed');
  } finally {
    await fleet.local.failRestores(target, false);
  }
  await held.verify(context, 'refused');

  const { seen } = await fleet.cloud.underTraffic(server, async () => {
    await compute.movesLive(id, target);
    await held.verify(context, 'moved');
    await compute.movesLive(id, home);
    await held.verify(context, 'moved back');
  });
  assert.ok(seen.open, seen.failure);
  context.diagnostic(`longest gap ${seen.longestGapMs.toFixed(0)} ms`);
  await fleet.remove(id);
  await fleet.assertAudited();
});

test('a systemd server that was out of memory moves: what the kernel has forgotten of its watches is looked up', async (context) => {
  const fleet = await TestFleet.open();
  context.after(() => fleet.close());
  const server = await fleet.running('e2e-out-of-memory', 'debian');
  const greedy = inside(fleet, server, 'perl', '-e', 'my $x = ""; $x .= "x" x 1000000 while 1');
  await assert.rejects(greedy, /status 137/, 'it is killed at the limit');
  await fleet.cloud.compute.movesLive(server.id);
  await fleet.answers(server);
  await fleet.remove(server.id);
  await fleet.assertAudited();
});
