import assert from 'node:assert/strict';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { hostOf } from '#apps/cli/client/compute';
import type { Server } from '#apps/cli/client/compute';
import { inside } from '../fleet/inside.js';
import { TestFleet } from '../fleet/test-fleet.js';

test('isolated servers have ids of their own, which go along in a live move', async (context) => {
  const fleet = await TestFleet.open();
  context.after(() => fleet.close());
  const { compute } = fleet.cloud;
  const flavorRef = await compute.ensureFlavor('e2e.isolated', { vcpus: 1, ram: 128, disk: 1 });
  const extra = { extra_specs: { 'lxd:security.idmap.isolated': 'true', 'lxd:security.idmap.size': '70000' } };
  await fleet.cloud.api.call('POST', `/compute/v2.1/flavors/${flavorRef}/os-extra_specs`, extra);
  const running = async (name: string) => {
    const id = await compute.create(name, fleet.images.busybox, flavorRef, fleet.networkId);
    const server = await compute.settled(id, 'ACTIVE');
    await fleet.answers(server);
    return server;
  };
  const [one, two] = await Promise.all([running('e2e-isolated-1'), running('e2e-isolated-2')]);
  const [mine, other] = [await rangeOf(fleet, one), await rangeOf(fleet, two)];
  assert.deepEqual([mine.size, other.size], [70_000, 70_000]);
  assert.ok(Math.abs(mine.base - other.base) >= 70_000, 'they do not overlap');
  await inside(fleet, one, '/bin/sh', '-c', 'echo kept >/root/file');

  const home = hostOf(one);
  const { seen } = await fleet.cloud.underTraffic(one, async () => {
    await compute.movesLive(one.id);
    assert.deepEqual(await rangeOf(fleet, one), mine);
    assert.equal((await inside(fleet, one, 'cat', '/root/file')).trim(), 'kept');
    const owner = await inside(fleet, one, '/bin/sh', '-c', '[ -O /root/file ] && [ -O /bin/busybox ] && echo root');
    assert.equal(owner.trim(), 'root');
    await compute.movesLive(one.id, home);
  });
  assert.ok(seen.open, seen.failure);
  await assert.rejects(compute.act(one.id, { resize: { flavorRef: fleet.flavorId } }), /flavorRef.*security\.idmap/);
  await fleet.remove(one.id, two.id);
  for (const host of fleet.local.hosts) {
    const images = await readdir(join(fleet.local.layout.host(host).agentState, 'images'));
    assert.deepEqual(
      images.filter((name) => name.includes(`-${mine.base}-`)),
      [],
      'their copies of the image are gone',
    );
  }
  await fleet.assertAudited();
});

/** First host id of the server's range, and the range's length. */
async function rangeOf(fleet: TestFleet, server: Server): Promise<{ base: number; size: number }> {
  const [, base, size] = (await inside(fleet, server, 'cat', '/proc/self/uid_map')).trim().split(/\s+/).map(Number);
  return { base: base!, size: size! };
}
