import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { addressOf, hostOf } from '#apps/cli/client/compute';
import type { Server } from '#apps/cli/client/compute';
import type { PingPongSession } from '#apps/cli/client/ping-pong-session';
import { Layout } from '#apps/cli/fleet/layout';
import { stopFleet } from '#apps/cli/fleet/fleet';
import { setting } from '#libs/common/config';
import { Release } from './release.js';
import { UpgradedFleet } from './upgraded-fleet.js';

/** The tests are the steps of one upgrade: each goes on where the one before it has left the fleet. */
let release: Release;
let fleet: UpgradedFleet;
/** Servers whose connections stay open from the first step to the last. */
const watched: { server: Server; session: PingPongSession }[] = [];

/** Final states of an operation. */
const ENDED = { done: true, error: true, cancelled: true };

const deployment = setting('LXSTACK_DEPLOYMENT');

before(async () => {
  release = await Release.newest();
  fleet = await UpgradedFleet.start(release, deployment);
  for (const name of ['e2e-upgrade-0', 'e2e-upgrade-1', 'e2e-upgrade-2']) {
    const server = await fleet.test.running(name);
    watched.push({ server, session: await fleet.test.cloud.connect(server) });
  }
});

after(async () => {
  for (const { session } of watched) session.kill();
  fleet?.close();
  await stopFleet(new Layout(deployment), true, () => undefined);
});

/** Makes a server, moves it live to each host and removes it: what users ask of the fleet at any moment. */
async function serves(name: string): Promise<void> {
  const { compute } = fleet.test.cloud;
  const server = await fleet.test.running(name);
  for (const host of fleet.test.local.hosts) {
    if (hostOf(await compute.show(server.id)) === host) continue;
    const moved = await compute.liveMigrate(server.id, host);
    assert.equal(moved.status, 'completed', `${name} to ${host}`);
  }
  await fleet.test.answers(await compute.show(server.id));
  await fleet.test.remove(server.id);
}

/**
 * Waits for the end of the drain, whatever it is: a move that was under way when its worker ended may count as failed,
 * and is tried again.
 */
async function drained(host: string): Promise<void> {
  const { api, events } = fleet.test.cloud;
  type Answer = { drain: { operation_id: string; state: string } };
  const { drain } = await api.call<Answer>('GET', `/fleet/v1/hosts/${host}/drain`);
  await events.until(drain.operation_id, `host ${host} is drained`, 600_000, async () =>
    (await api.call<Answer>('GET', `/fleet/v1/hosts/${host}/drain`)).drain.state in ENDED ? true : undefined,
  );
}

async function isWhole(): Promise<void> {
  assert.deepEqual(await fleet.differences(), []);
}

test('a new control plane takes over old agents in the midst of a drain and of a cold move', async () => {
  const { compute, api } = fleet.test.cloud;
  const resized = await fleet.test.running('e2e-upgrade-cold');
  await compute.coldMigrate(resized.id);
  const host = hostOf(await compute.show(watched[0].server.id));
  const zone = { availability_zone: `nova:${host}` };
  const passengers = [];
  for (const n of [0, 1, 2]) passengers.push(await fleet.test.running(`e2e-upgrade-drained-${n}`, 'busybox', zone));
  await api.call('POST', `/fleet/v1/hosts/${host}/drain`, { parallel: 1 });
  await Promise.any(passengers.map(({ id }) => compute.left(id, host)));
  await fleet.controlPlane('new');
  for (const { id } of [...passengers, watched[0].server]) await compute.left(id, host, 600_000);
  await drained(host);
  await compute.act(resized.id, { confirmResize: null });
  await compute.settled(resized.id, 'ACTIVE', 600_000);
  await api.call('PUT', `/compute/v2.1/os-services/${host}`, { status: 'enabled' });
  await fleet.test.remove(resized.id, ...passengers.map(({ id }) => id));
  await serves('e2e-upgrade-control');
  await isWhole();
});

test('agents become new one host at a time, under the new control plane', async () => {
  for (const host of fleet.hosts) {
    await fleet.agent(host, 'new');
    await serves(`e2e-upgrade-${host}`);
    await isWhole();
  }
});

test('the old control plane goes on with what the new one wrote, and the agents go back', async () => {
  await fleet.controlPlane('old');
  await serves('e2e-upgrade-back');
  for (const host of fleet.hosts) await fleet.agent(host, 'old');
  await serves('e2e-upgrade-old');
  await isWhole();
});

test('agents become new one host at a time, under the old control plane', async () => {
  for (const host of fleet.hosts) {
    await fleet.agent(host, 'new');
    await serves(`e2e-upgrade-first-${host}`);
    await isWhole();
  }
});

test('the control plane follows, and no connection was lost from the first step to the last', async () => {
  await fleet.controlPlane('new');
  await serves('e2e-upgrade-last');
  await isWhole();
  for (const { server, session } of watched.splice(0)) {
    const seen = await session.close();
    assert.ok(seen.open, `${server.name} at ${addressOf(server).address}: ${seen.failure}`);
    await fleet.test.remove(server.id);
  }
  await isWhole();
});
