import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import { test } from 'node:test';
import type { Server } from '#apps/cli/client/compute';
import { guestImages } from '#apps/cli/guest-images/guest-images';
import { inside } from './fleet/inside.js';
import { TestFleet } from './fleet/test-fleet.js';

const STATEFUL = { 'lxd:migration.stateful': 'true' };

test('a systemd server of an image with migration.stateful=true keeps /run prepared: moved, rebooted from inside, soft and hard', async (context) => {
  const fleet = await TestFleet.open();
  context.after(() => fleet.close());
  const { compute } = fleet.cloud;
  const server = await running(fleet, await statefulImage(fleet));
  const { seen } = await fleet.cloud.underTraffic(server, async () => {
    await compute.movesLive(server.id);
    assert.equal(isPrepared(server.id), true, 'it went along');
    await compute.movesLive(server.id);
  });
  assert.ok(seen.open, seen.failure);
  const reboots = [
    () => inside(fleet, server, 'systemctl', 'reboot', '--force').catch(() => undefined), // the exec ends with it
    () => compute.act(server.id, { reboot: { type: 'SOFT' } }),
    () => compute.act(server.id, { reboot: { type: 'HARD' } }),
  ];
  for (const reboot of reboots) {
    await rebooted(fleet, server, reboot);
    assert.equal(isPrepared(server.id), true);
  }
  await compute.movesLive(server.id);
  await fleet.remove(server.id);
  await fleet.assertAudited();
});

test("a server's metadata migration.stateful=true takes effect at its next reboot: what could not be moved live then can", async (context) => {
  const fleet = await TestFleet.open();
  context.after(() => fleet.close());
  const { compute, api } = fleet.cloud;
  const server = await running(fleet, await fleet.imageOfKind('stock'));
  assert.equal(isPrepared(server.id), false);
  await assert.rejects(compute.liveMigrate(server.id), /migration\.stateful=true/);
  await api.call('POST', `/compute/v2.1/servers/${server.id}/metadata`, { metadata: STATEFUL });
  await rebooted(fleet, server, () => compute.act(server.id, { reboot: { type: 'HARD' } }));
  assert.equal(isPrepared(server.id), true);
  await compute.movesLive(server.id);
  await fleet.remove(server.id);
  await fleet.assertAudited();
});

/** An image with the key. Hosts have its blob already: it is the prepared Debian's, whose own drop-in lies in /etc. */
async function statefulImage({ cloud: { images } }: TestFleet): Promise<string> {
  return (await images.ensure('debian-stateful', async () => (await guestImages()).debian, STATEFUL)).id;
}

async function running(fleet: TestFleet, imageId: string): Promise<Server> {
  const { compute } = fleet.cloud;
  const id = await compute.create('e2e-stateful', imageId, fleet.flavorId, fleet.networkId);
  const server = await compute.settled(id, 'ACTIVE');
  await fleet.answers(server);
  return server;
}

/** Resolves when another init runs and the server answers. */
async function rebooted(fleet: TestFleet, server: Server, reboot: () => Promise<unknown>): Promise<void> {
  const before = await bootId(fleet, server);
  await reboot();
  await fleet.cloud.events.until(server.id, 'it has been rebooted', 120_000, async () =>
    (await bootId(fleet, server).catch(() => before)) === before ? undefined : true,
  );
  await fleet.cloud.compute.settled(server.id, 'ACTIVE');
  await fleet.answers(server);
}

/** When the server's init was started, in clock ticks: it differs after each start. */
async function bootId(fleet: TestFleet, server: Server): Promise<string> {
  const stat = await inside(fleet, server, 'cat', '/proc/1/stat');
  return stat.slice(stat.lastIndexOf(')')).split(' ')[20]!;
}

/**
 * Whether the server's /run has the drop-in, read through its first process: simulated hosts share the machine's /proc.
 */
function isPrepared(id: string): boolean {
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    try {
      if (!readFileSync(`/proc/${pid}/cgroup`, 'utf8').includes(`/c-${id}`)) continue;
      const dropIn = readFileSync(`/proc/${pid}/root/run/systemd/system/service.d/zz-migratable.conf`, 'utf8');
      return dropIn.includes('ProtectHostname=no');
    } catch {
      continue; // the process has ended meanwhile, or has no drop-in; the caller asserts
    }
  }
  return false;
}
