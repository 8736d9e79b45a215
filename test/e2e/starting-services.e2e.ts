import assert from 'node:assert/strict';
import { test } from 'node:test';
import { guestOfKind } from '#apps/cli/guest-images/guest-images';
import { background } from './fleet/inside.js';
import { TestFleet } from './fleet/test-fleet.js';

const MOVES = 4;
const starter = 'while :; do systemctl start refresh.service; sleep 0.2; done';

test('a guest whose services start and end all the time moves: what is so for a moment refuses no move', async (context) => {
  const fleet = await TestFleet.open();
  context.after(() => fleet.close());
  const { images, compute, api } = fleet.cloud;
  const image = (await images.find('ubuntu')) ?? (await images.upload('ubuntu', await guestOfKind('ubuntu')));
  const flavor = await compute.ensureFlavor('e2e.stateful', { vcpus: 1, ram: 128, disk: 1 });
  const extra = { extra_specs: { 'lxd:migration.stateful': 'true' } };
  await api.call('POST', `/compute/v2.1/flavors/${flavor}/os-extra_specs`, extra);
  const server = await compute.settled(
    await compute.create('e2e-starting', image.id, flavor, fleet.networkId),
    'ACTIVE',
  );
  await fleet.answers(server);
  await background(fleet, server, '/bin/sh', '-c', starter);
  const { seen } = await fleet.cloud.underTraffic(server, async () => {
    for (let i = 0; i < MOVES; i++) await compute.movesLive(server.id);
  });
  assert.ok(seen.open, seen.failure);
  await fleet.remove(server.id);
  await fleet.assertAudited();
});
