import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { hostOf } from '#apps/cli/client/compute';
import type { Server } from '#apps/cli/client/compute';
import { inside } from './fleet/inside.js';
import { TestFleet } from './fleet/test-fleet.js';

let fleet: TestFleet;
before(async () => (fleet = await TestFleet.open()));
after(() => fleet?.close());

/** A server that runs and could not be started again. */
async function withoutInit(name: string): Promise<Server> {
  const server = await fleet.running(name);
  await inside(fleet, server, '/bin/sh', '-c', 'mv /sbin/init /sbin/init.away');
  return server;
}

const becomes = (server: Server, status: string) => fleet.cloud.compute.settled(server.id, status, 120_000);

test('a cold move whose target cannot start the server ends on its source, shut off, and not in VERIFY_RESIZE', async () => {
  const { compute } = fleet.cloud;
  const server = await withoutInit('e2e-no-start');
  await assert.rejects(compute.coldMigrate(server.id), /ended as error/);
  const stopped = await becomes(server, 'SHUTOFF');
  assert.equal(hostOf(stopped), hostOf(server));
  assert.equal((await compute.lastMigration(server.id))?.status, 'error');
  await fleet.remove(server.id);
  await fleet.assertAudited();
});

test('a server whose reboot fails at the start is shown as SHUTOFF', async () => {
  const server = await withoutInit('e2e-no-reboot');
  await fleet.cloud.compute.act(server.id, { reboot: { type: 'HARD' } });
  await becomes(server, 'SHUTOFF');
  await fleet.remove(server.id);
  await fleet.assertAudited();
});
