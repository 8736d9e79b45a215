import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { addressOf } from '#apps/cli/client/compute';
import type { Server } from '#apps/cli/client/compute';
import { PingPongSession } from '#apps/cli/client/ping-pong-session';
import { retry } from '#libs/common/retry';
import { guestProcesses } from './fleet/guest-processes.js';
import { isolate } from './fleet/isolation.js';
import { TestFleet } from './fleet/test-fleet.js';

// Invariant 2 on a host that is cut off: it has ended every server before that is evacuated from it.
let fleet: TestFleet;
before(async () => {
  fleet = await TestFleet.open();
});
after(async () => {
  await patiently(() => fleet.assertAudited()); // a host that was cut off is asked until its connection works again
  fleet.close();
});

const on = (host: string) => ({ availability_zone: `nova:${host}` });
const marked = { metadata: { HA_Enabled: 'True' } };
const connect = (server: Server) => PingPongSession.open(fleet.local.client.namespace, addressOf(server).address);
const onHost = (server: Server, host: string) => guestProcesses(fleet.local.layout, host, server.id);
const patiently = (look: () => Promise<void>) => retry({ attempts: 240, baseMs: 250, maxMs: 250 }, look);
const becomes = (server: Server, host: string, state: 'running' | 'frozen' | 'none') =>
  patiently(async () => assert.equal(await onHost(server, host), state, `${server.name} on ${host}`));

// Run at the same time, each on a host of its own: most of their time they wait for leases to end.
describe('a host that does not renew its lease', { concurrency: true }, () => {
  it('the agent is killed and stays away: marked servers freeze, and go on when it is back', async () => {
    const [host] = fleet.local.hosts;
    const server = await fleet.running('e2e-fenced', 'busybox', { ...marked, ...on(host) });
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

  it('a host is cut off: it ends what is marked before that can be evacuated, and keeps what nobody took', async () => {
    const { compute, api } = fleet.cloud;
    const [, host] = fleet.local.hosts;
    const [bystander, moved, stays] = await Promise.all([
      fleet.running('e2e-fenced-bystander', 'busybox', on(host)),
      fleet.running('e2e-fenced-moved', 'busybox', { ...marked, ...on(host) }),
      fleet.running('e2e-fenced-stays', 'busybox', { ...marked, ...on(host) }),
    ]);
    await Promise.all([moved, stays].map(({ id }) => fleet.promised(host, id)));
    const connection = await connect(bystander);
    const evacuate = async ({ id }: Server) =>
      (await api.ask('POST', `/compute/v2.1/servers/${id}/action`, { evacuate: {} })).status;

    await isolate(fleet.local.layout, ['ctl', host], true);
    try {
      assert.equal(await evacuate(moved), 400, 'its lease is held');
      await fleet.cloud.compute.hostIs(host, 'down');
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
});

it('a living host that an operator calls dead stops what was evacuated from it when it next asks for its lease', async () => {
  const [host] = fleet.local.hosts;
  const server = await fleet.running('e2e-fenced-declared', 'busybox', on(host));
  await fleet.cloud.compute.forceDown(host, true);
  try {
    await fleet.cloud.compute.act(server.id, { evacuate: {} });
    await becomes(server, host, 'none');
  } finally {
    await fleet.cloud.compute.forceDown(host, false);
  }
  await fleet.remove(server.id);
});
