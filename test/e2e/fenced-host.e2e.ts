import assert from 'node:assert/strict';
import { after, afterEach, before, test } from 'node:test';
import { addressOf, hostOf } from '#apps/cli/client/compute';
import type { Server } from '#apps/cli/client/compute';
import { PingPongSession } from '#apps/cli/client/ping-pong-session';
import { retry } from '#libs/common/retry';
import { guestProcesses } from './fleet/guest-processes.js';
import { isolate } from './fleet/isolation.js';
import { TestFleet } from './fleet/test-fleet.js';

// Invariant 2 where a host is cut off: what is evacuated from it has been ended by it before.
let fleet: TestFleet;
before(async () => {
  fleet = await TestFleet.open();
});
after(() => fleet.close());
// A host that was cut off is asked again until its connection stands.
afterEach(() => retry({ attempts: 20, baseMs: 500, maxMs: 500 }, () => fleet.assertAudited()));

const marked = { metadata: { HA_Enabled: 'True' } };
const connect = (server: Server) => PingPongSession.open(fleet.local.client.namespace, addressOf(server).address);
const becomes = (server: Server, host: string, state: 'running' | 'frozen' | 'none') =>
  retry({ attempts: 240, baseMs: 250, maxMs: 250 }, async () =>
    assert.equal(await guestProcesses(fleet.local.layout, host, server.id), state, `${server.name} on ${host}`),
  );

test('the agent is killed and stays away: marked servers freeze, and go on when it is back', async () => {
  const server = await fleet.running('e2e-fenced', 'busybox', marked);
  const host = hostOf(server);
  const connection = await connect(server);
  await fleet.promised(host, server.id);
  await fleet.local.killAgent(host);
  await becomes(server, host, 'frozen');
  await fleet.local.startAgent(host);
  await becomes(server, host, 'running');
  await fleet.answers(server);
  const { open, failure } = await connection.close();
  assert.ok(open, failure);
  assert.equal((await fleet.cloud.compute.show(server.id)).status, 'ACTIVE');
  await fleet.remove(server.id);
});

test('a host is cut off: it ends what is marked, and starts it again when nobody took it; the rest goes on', async () => {
  const bystander = await fleet.running('e2e-fenced-bystander');
  const host = hostOf(bystander);
  const stays = await fleet.running('e2e-fenced-stays', 'busybox', { ...marked, availability_zone: `nova:${host}` });
  const connection = await connect(bystander);
  await fleet.promised(host, stays.id);
  await isolate(fleet.local.layout, ['ctl', host], true);
  try {
    await becomes(stays, host, 'none');
  } finally {
    await isolate(fleet.local.layout, ['ctl', host], false);
  }
  await becomes(stays, host, 'running');
  await fleet.hostIs(host, 'up');
  await fleet.answers(stays);
  assert.equal((await fleet.cloud.compute.show(stays.id)).status, 'ACTIVE');
  const { open, failure, longestGapMs } = await connection.close();
  assert.ok(open && longestGapMs < 1000, `the bystander: ${failure ?? longestGapMs}`);
  await fleet.remove(bystander.id, stays.id);
});
