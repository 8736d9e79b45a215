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
afterEach(() => patiently(() => fleet.assertAudited()));

const marked = { metadata: { HA_Enabled: 'True' } };
const connect = (server: Server) => PingPongSession.open(fleet.local.client.namespace, addressOf(server).address);
const onHost = (server: Server, host: string) => guestProcesses(fleet.local.layout, host, server.id);
const patiently = (look: () => Promise<void>) => retry({ attempts: 240, baseMs: 250, maxMs: 250 }, look);
const becomes = (server: Server, host: string, state: 'running' | 'frozen' | 'none') =>
  patiently(async () => assert.equal(await onHost(server, host), state, `${server.name} on ${host}`));

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

test('a host is cut off: it ends what is marked before that can be evacuated, and keeps what nobody took', async () => {
  const { compute, api } = fleet.cloud;
  const bystander = await fleet.running('e2e-fenced-bystander');
  const host = hostOf(bystander);
  const there = { ...marked, availability_zone: `nova:${host}` };
  const [moved, stays] = await Promise.all([
    fleet.running('e2e-fenced-moved', 'busybox', there),
    fleet.running('e2e-fenced-stays', 'busybox', there),
  ]);
  await Promise.all([moved, stays].map(({ id }) => fleet.promised(host, id)));
  const connection = await connect(bystander);
  const evacuate = async ({ id }: Server) =>
    (await api.ask('POST', `/compute/v2.1/servers/${id}/action`, { evacuate: {} })).status;

  await isolate(fleet.local.layout, ['ctl', host], true);
  try {
    assert.equal(await evacuate(moved), 400, 'its lease is held');
    await fleet.hostIs(host, 'down');
    assert.equal(await evacuate(bystander), 409, 'nobody has promised to end it');
    assert.equal(await evacuate(moved), 409, 'it may still run');
    await patiently(async () => assert.equal(await evacuate(moved), 200));
    assert.deepEqual(await Promise.all([moved, stays].map((one) => onHost(one, host))), ['none', 'none']);
    await compute.left(moved.id, host);
    await compute.settled(moved.id, 'ACTIVE');
  } finally {
    await isolate(fleet.local.layout, ['ctl', host], false);
  }

  await becomes(stays, host, 'running');
  await fleet.cloud.hosts.resynced(host);
  await patiently(async () => assert.deepEqual(await fleet.local.traces(host, moved.id, []), []));
  await Promise.all([fleet.answers(moved), fleet.answers(stays)]);
  assert.equal((await compute.show(stays.id)).status, 'ACTIVE');
  const { open, failure, longestGapMs } = await connection.close();
  assert.ok(open && longestGapMs < 1000, `the bystander: ${failure ?? longestGapMs}`);
  await fleet.remove(bystander.id, moved.id, stays.id);
});
