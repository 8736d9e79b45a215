import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { rename } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { hostOf } from '#apps/cli/client/compute';
import type { Server } from '#apps/cli/client/compute';
import { startFleet, stopFleet } from '#apps/cli/fleet/fleet';
import { Layout } from '#apps/cli/fleet/layout';
import { setting } from '#libs/common/config';
import { inside } from './fleet/inside.js';
import { TestFleet } from './fleet/test-fleet.js';

/** A fleet of two hosts that keep disks in one directory. */
const layout = new Layout(`${setting('LXSTACK_DEPLOYMENT').slice(0, 7)}s`);
const silent = () => undefined;
let fleet: TestFleet;

before(async () => {
  process.env.LXSTACK_DEPLOYMENT = layout.deployment;
  process.env.LXSTACK_STORAGE = 'shared';
  await stopFleet(layout, true, silent);
  await startFleet(layout, { hosts: 2, runtime: 'lxc' }, silent);
  fleet = await TestFleet.open();
});

after(async () => {
  fleet.close();
  await stopFleet(layout, true, silent);
});

const write = (server: Server, note: string) => inside(fleet, server, '/bin/sh', '-c', `echo ${note} >/etc/note`);
const read = async (server: Server) => (await inside(fleet, server, '/bin/cat', '/etc/note')).trim();
const disk = (server: Server) => join(layout.shared, server.id, 'rootfs');
const refusal = (reason: RegExp) => (error: Error) => reason.test(error.message);

test('a disk on shared storage stays where it is in every move, and goes with its server', async () => {
  const { compute } = fleet.cloud;
  const server = await fleet.running('e2e-shared');
  await write(server, 'made');
  await compute.movesLive(server.id);
  assert.equal(await read(server), 'made');

  await write(server, 'moved');
  await compute.coldMigrate(server.id);
  await compute.act(server.id, { revertResize: null });
  await compute.settled(server.id, 'ACTIVE');
  await compute.coldMigrate(server.id);
  await compute.act(server.id, { confirmResize: null });
  await compute.settled(server.id, 'ACTIVE');
  assert.equal(await read(server), 'moved');

  const target = otherThan(hostOf(await compute.show(server.id)));
  await fleet.local.failRestores(target, true);
  assert.equal((await compute.liveMigrate(server.id)).status, 'error');
  await fleet.local.failRestores(target, false);
  assert.equal(await read(server), 'moved', 'the target of a failed move takes no disk away');

  await fleet.remove(server.id);
  assert.ok(!existsSync(disk(server)));
  await fleet.assertAudited();
});

test('an evacuated server has the disk of its dead host, which leaves it alone when it comes back', async () => {
  const { compute, hosts } = fleet.cloud;
  const server = await fleet.running('e2e-outlived');
  const host = hostOf(server);
  await write(server, 'written before');
  await assert.rejects(
    compute.act(server.id, { 'os-migrateLive': { host: null, block_migration: true } }),
    refusal(/on storage that the hosts share/),
  );
  await fleet.local.killHost(host);
  await compute.forceDown(host, true);
  await compute.act(server.id, { evacuate: {} });
  await compute.left(server.id, host);
  await fleet.answers(await compute.settled(server.id, 'ACTIVE'));
  assert.equal(await read(server), 'written before');

  await compute.forceDown(host, false);
  await fleet.local.startAgent(host);
  await compute.hostIs(host, 'up');
  await hosts.resynced(host);
  assert.deepEqual(await fleet.local.traces(host, server.id, []), []);
  assert.equal(await read(server), 'written before');
  await fleet.remove(server.id);
  assert.ok(!existsSync(disk(server)));
  await fleet.assertAudited();
});

test('an evacuation whose start fails leaves the shared disk to the host that the server is given back to', async () => {
  const { compute, hosts } = fleet.cloud;
  const server = await fleet.running('e2e-no-start');
  const host = hostOf(server);
  await write(server, 'precious');
  const init = join(disk(server), 'sbin/init');
  await rename(init, `${init}.away`);
  await compute.forceDown(host, true);
  await compute.act(server.id, { evacuate: {} });
  const left = await fleet.ended(server.id, 600_000);
  assert.equal((await compute.lastMigration(server.id))?.status, 'error');
  assert.equal(hostOf(left), host);
  assert.deepEqual(await fleet.local.traces(otherThan(host), server.id, []), []);
  await rename(`${init}.away`, init);
  await compute.forceDown(host, false);
  await compute.hostIs(host, 'up');
  await hosts.resynced(host);
  await compute.act(server.id, { reboot: { type: 'HARD' } }); // it runs, or its agent has stopped it
  await fleet.answers(await compute.settled(server.id, 'ACTIVE'));
  assert.equal(await read(server), 'precious');
  await fleet.remove(server.id);
  assert.ok(!existsSync(disk(server)));
  await fleet.assertAudited();
});

test('a stopped server that is evacuated takes its shared disk along', async () => {
  const { compute, hosts } = fleet.cloud;
  const server = await fleet.running('e2e-stopped');
  const host = hostOf(server);
  await write(server, 'precious');
  await compute.act(server.id, { 'os-stop': null });
  await compute.settled(server.id, 'SHUTOFF');
  await compute.forceDown(host, true);
  await compute.act(server.id, { evacuate: {} });
  await compute.left(server.id, host);
  await compute.settled(server.id, 'SHUTOFF');
  await compute.forceDown(host, false);
  await compute.hostIs(host, 'up');
  await hosts.resynced(host);
  await compute.act(server.id, { 'os-start': null });
  await fleet.answers(await compute.settled(server.id, 'ACTIVE'));
  assert.equal(await read(server), 'precious');
  await fleet.remove(server.id);
  await fleet.assertAudited();
});

const otherThan = (host: string): string => fleet.local.hosts.find((name) => name !== host)!;
