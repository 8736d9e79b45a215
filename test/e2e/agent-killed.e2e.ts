import assert from 'node:assert/strict';
import { after, afterEach, before, beforeEach, test } from 'node:test';
import { PingPongSession } from '#apps/cli/client/ping-pong-session';
import { addressOf, hostOf } from '#apps/cli/client/compute';
import type { Server } from '#apps/cli/client/compute';
import { TestFleet } from './fleet/test-fleet.js';

// SIGKILL to an agent must not touch the containers of its host: a bystander's connection stays open all the while.
let fleet: TestFleet;
let bystander: Server;
let connection: PingPongSession;

before(async () => {
  fleet = await TestFleet.open();
});
after(() => fleet.close());

beforeEach(async () => {
  bystander = await fleet.running('e2e-bystander');
  connection = await PingPongSession.open(fleet.local.client.namespace, addressOf(bystander).address);
});

afterEach(async () => {
  const seen = await connection.close();
  await fleet.remove(bystander.id);
  await fleet.assertAudited();
  assert.ok(seen.open, `the bystander's connection: ${seen.failure}`);
  assert.ok(seen.longestGapMs < 1000, `the bystander was silent for ${seen.longestGapMs} ms`);
});

test('agent killed while idle: its containers run on and are adopted', async () => {
  const host = hostOf(bystander);
  await fleet.local.killAgent(host);
  await fleet.local.startAgent(host);
  await fleet.cloud.compute.hostIs(host, 'up');
  await fleet.cloud.compute.act(bystander.id, { 'os-stop': null });
  await fleet.cloud.compute.settled(bystander.id, 'SHUTOFF');
  await fleet.cloud.compute.act(bystander.id, { 'os-start': null });
  await connection.close(); // ended by the stop, which we asked for
  await fleet.cloud.compute.settled(bystander.id, 'ACTIVE');
  await fleet.answers(bystander);
  connection = await PingPongSession.open(fleet.local.client.namespace, addressOf(bystander).address);
});

test('agent killed during a build: the build ends, one way or the other, and nothing leaks', async () => {
  const host = hostOf(bystander);
  const id = await fleet.create('e2e-build', 'busybox', { availability_zone: `nova:${host}` });
  await fleet.cloud.compute.busy(id, 'spawning');
  await fleet.local.killAgent(host);
  await fleet.local.startAgent(host);
  const server = await fleet.ended(id);
  if (server.status === 'ERROR') assert.ok(server.fault?.message, 'a failed build says why');
  else await fleet.answers(server);
  await fleet.remove(id);
});

test('agent killed during a stop: the stop ends, one way or the other', async () => {
  const server = await fleet.running('e2e-stop', 'busybox', { availability_zone: `nova:${hostOf(bystander)}` });
  await fleet.cloud.compute.act(server.id, { 'os-stop': null });
  await fleet.local.killAgent(hostOf(server));
  await fleet.local.startAgent(hostOf(server));
  const stopped = await fleet.ended(server.id);
  assert.match(stopped.status, /^(SHUTOFF|ACTIVE)$/);
  await fleet.remove(server.id);
});
