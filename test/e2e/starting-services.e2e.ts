import assert from 'node:assert/strict';
import { test } from 'node:test';
import { background } from './fleet/inside.js';
import { TestFleet } from './fleet/test-fleet.js';

const MOVES = 4;
const starter = 'while :; do systemctl start refresh.service; sleep 0.2; done';

test('a guest whose services start and end all the time moves: what is so for a moment refuses no move', async (context) => {
  const fleet = await TestFleet.open();
  context.after(() => fleet.close());
  const { compute } = fleet.cloud;
  const [image, flavor] = [await fleet.imageOfKind('ubuntu'), await fleet.statefulFlavor()];
  const id = await compute.create('e2e-starting', image, flavor, fleet.networkId);
  const server = await compute.settled(id, 'ACTIVE');
  await fleet.answers(server);
  await background(fleet, server, '/bin/sh', '-c', starter);
  const { seen } = await fleet.cloud.underTraffic(server, async () => {
    for (let i = 0; i < MOVES; i++) await compute.movesLive(server.id);
  });
  assert.ok(seen.open, seen.failure);
  await fleet.remove(server.id);
  await fleet.assertAudited();
});
