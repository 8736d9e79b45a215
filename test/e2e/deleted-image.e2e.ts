import assert from 'node:assert/strict';
import { randomInt } from 'node:crypto';
import { readFile, rm } from 'node:fs/promises';
import { after, before, test } from 'node:test';
import type { ApiError } from '#apps/cli/client/api';
import { hostOf } from '#apps/cli/client/compute';
import type { Server } from '#apps/cli/client/compute';
import pg from 'pg';
import { Layout } from '#apps/cli/fleet/layout';
import { databaseUrl } from '#apps/cli/services/postgres';
import { setting } from '#libs/common/config';
import { inside } from './fleet/inside.js';
import { TestFleet } from './fleet/test-fleet.js';

let fleet: TestFleet;
before(async () => (fleet = await TestFleet.open()));
after(() => fleet?.close());

/** A server made from an image of its own (the busybox guest with bytes appended), which is then deleted. */
async function serverOfDeletedImage(name: string): Promise<{ server: Server; imageId: string; blob: string }> {
  const { images, compute } = fleet.cloud;
  const archive = Buffer.concat([
    await readFile(fleet.local.images.busybox),
    Buffer.alloc(512 * randomInt(200, 2_000)),
  ]);
  const image = await images.upload(name, archive);
  const id = await compute.create(name, image.id, fleet.flavorId, fleet.networkId);
  const server = await compute.settled(id, 'ACTIVE');
  await fleet.answers(server);
  await inside(fleet, server, '/bin/sh', '-c', 'echo precious >/etc/note; sync');
  await images.remove(image.id);
  assert.equal(await images.find(name), undefined);
  return { server, imageId: image.id, blob: await fleet.local.blobOfSize(archive.length) };
}

const note = (server: Server) => inside(fleet, server, '/bin/cat', '/etc/note').then((text) => text.trim());

/** Evacuates the server after an operator has called the host dead, while its agent and servers live. */
async function evacuated(server: Server, host: string): Promise<Server> {
  await fleet.cloud.compute.forceDown(host, true);
  await fleet.cloud.compute.act(server.id, { evacuate: {} });
  return fleet.ended(server.id, 600_000);
}

test('a server whose image was deleted moves, is rebuilt and is evacuated to hosts that never had the image', async () => {
  const { compute } = fleet.cloud;
  const { server, imageId } = await serverOfDeletedImage('e2e-image-kept');
  await compute.movesLive(server.id);
  assert.equal(await note(server), 'precious');
  await compute.coldMigrate(server.id);
  await compute.act(server.id, { confirmResize: null });
  await fleet.answers(await compute.settled(server.id, 'ACTIVE'));
  assert.equal(await note(server), 'precious');
  await compute.act(server.id, { reboot: { type: 'HARD' } });
  await fleet.answers(await compute.settled(server.id, 'ACTIVE'));

  await compute.act(server.id, { rebuild: { imageRef: imageId } });
  await fleet.answers(await compute.settled(server.id, 'ACTIVE'));
  await assert.rejects(note(server), 'its root is the image again');

  const host = hostOf(await compute.show(server.id));
  const moved = await evacuated(server, host);
  assert.equal(moved.status, 'ACTIVE');
  assert.notEqual(hostOf(moved), host);
  await fleet.answers(moved);
  await compute.forceDown(host, false);
  await compute.hostIs(host, 'up');
  await fleet.cloud.hosts.resynced(host);
  assert.deepEqual(await fleet.local.traces(host, server.id, []), []);
  await fleet.remove(server.id);
  await fleet.assertAudited();
});

test('an evacuation that finds no image anywhere gives the server back: its disk stays, and it can be deleted', async () => {
  const { compute } = fleet.cloud;
  const { server, blob } = await serverOfDeletedImage('e2e-image-lost');
  await rm(blob);
  const host = hostOf(server);
  const left = await evacuated(server, host);
  assert.equal((await compute.lastMigration(server.id))?.status, 'error');
  assert.deepEqual([left.status, hostOf(left)], ['ACTIVE', host]);
  await compute.forceDown(host, false);
  await compute.hostIs(host, 'up');
  await fleet.cloud.hosts.resynced(host);
  assert.equal(await note(server), 'precious');

  await fleet.local.killAgent(host);
  await fleet.local.startAgent(host);
  await compute.hostIs(host, 'up');
  await fleet.cloud.hosts.resynced(host);
  assert.equal(await note(server), 'precious', 'its agent starts anew and removes nothing');
  await fleet.answers(server);
  await fleet.remove(server.id);
  await fleet.assertAudited();
});

/** The image store has lost it: data and record. */
async function lose(imageId: string, blob: string): Promise<void> {
  await rm(blob);
  const client = new pg.Client({ connectionString: databaseUrl(new Layout(setting('LXSTACK_DEPLOYMENT'))) });
  await client.connect();
  await client.query('DELETE FROM images WHERE id = $1', [imageId]);
  await client.end();
}

test('a server whose image is lost, record and data, is refused to move before anything is done, or moves whole', async () => {
  const { api, compute } = fleet.cloud;
  const { server, imageId, blob } = await serverOfDeletedImage('e2e-image-gone');
  await lose(imageId, blob);
  const host = hostOf(server);
  const flavor = await compute.ensureFlavor('e2e.larger', { vcpus: 1, ram: 160, disk: 1 });
  const moves: Record<string, object> = {
    live: { 'os-migrateLive': { host: null, block_migration: 'auto' } },
    cold: { migrate: null },
    resize: { resize: { flavorRef: flavor } },
  };
  for (const [kind, action] of Object.entries(moves)) {
    const refused = await compute.act(server.id, action).then(
      () => undefined,
      (error: unknown) => error as ApiError,
    );
    if (refused) assert.ok(refused.status === 400 || refused.status === 409, `${kind}: ${refused.message}`);
    const now = await fleet.ended(server.id, 600_000);
    if (now.status === 'VERIFY_RESIZE') {
      await compute.act(server.id, { revertResize: null });
      await compute.settled(server.id, 'ACTIVE');
    }
    const after = await compute.settled(server.id, 'ACTIVE');
    await fleet.answers(after);
    assert.equal(await note(after), 'precious', kind);
    if (refused) assert.equal(hostOf(after), host, kind);
  }
  const { mobility } = await api.call<{ mobility: { cold: { possible: boolean } } }>(
    'GET',
    `/fleet/v1/instances/${server.id}/mobility`,
  );
  assert.equal(mobility.cold.possible, false, 'as mobility says');
  const at = hostOf(await compute.show(server.id));
  await compute.forceDown(at, true);
  const evacuation = await compute.act(server.id, { evacuate: {} }).then(
    () => undefined,
    (error: unknown) => error as ApiError,
  );
  const left = await fleet.ended(server.id, 600_000);
  if (evacuation) assert.ok(evacuation.status === 400 || evacuation.status === 409, evacuation.message);
  assert.deepEqual([left.status, hostOf(left)], ['ACTIVE', at]);
  await compute.forceDown(at, false);
  await compute.hostIs(at, 'up');
  await fleet.cloud.hosts.resynced(at);
  assert.equal(await note(server), 'precious');
  // What its host has is enough to start it again there.
  await compute.act(server.id, { reboot: { type: 'HARD' } });
  await fleet.answers(await compute.settled(server.id, 'ACTIVE'));
  assert.equal(await note(server), 'precious');
  await fleet.remove(server.id);
  await fleet.assertAudited();
});
