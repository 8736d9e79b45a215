import assert from 'node:assert/strict';
import { randomBytes, randomInt } from 'node:crypto';
import { open } from 'node:fs/promises';
import { test } from 'node:test';
import { TestFleet } from './fleet/test-fleet.js';

/** A size that no other image has, so that the blob can be found by it. */
const SIZE = 70_000 + randomInt(100_000);

test('an image whose sha256 does not match is refused by the agent, and the build fails with that reason', async (context) => {
  const fleet = await TestFleet.open();
  context.after(() => fleet.close());
  const image = await fleet.cloud.images.upload('e2e-damaged', randomBytes(SIZE));
  const blob = await open(await fleet.local.blobOfSize(SIZE), 'r+');
  await blob.write(Buffer.from('damaged'), 0, 7, 1024);
  await blob.close();
  const id = await fleet.cloud.compute.create('e2e-damaged', image.id, fleet.flavorId, fleet.networkId);
  const server = await fleet.ended(id);
  assert.equal(server.status, 'ERROR');
  assert.match(server.fault?.message ?? '', /sha256/i);
  await fleet.remove(id);
  await fleet.cloud.images.remove(image.id);
  await fleet.assertAudited();
});
