import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { ApiError } from '#apps/cli/client/api';
import { hostOf } from '#apps/cli/client/compute';
import type { Server } from '#apps/cli/client/compute';
import { inside } from './fleet/inside.js';
import { TestFleet } from './fleet/test-fleet.js';

let fleet: TestFleet;
before(async () => (fleet = await TestFleet.open()));
after(() => fleet?.close());

const service = (host: string, status: 'enabled' | 'disabled') =>
  fleet.cloud.api.call('PUT', `/compute/v2.1/os-services/${host}`, { status });

/** Servers that a group keeps apart, each on a host of its own. */
async function apart(names: readonly string[]): Promise<Server[]> {
  const { api, compute } = fleet.cloud;
  const body = { server_group: { name: 'e2e-lost-apart', policy: 'anti-affinity' } };
  const { server_group: group } = await api.call<{ server_group: { id: string } }>(
    'POST',
    '/compute/v2.1/os-server-groups',
    body,
  );
  const servers: Server[] = [];
  for (const name of names) {
    const networks = [{ uuid: fleet.networkId }];
    const server = { name, imageRef: fleet.images.busybox, flavorRef: fleet.flavorId, networks };
    const hinted = { server, 'os:scheduler_hints': { group: group.id } };
    const made = await api.call<{ server: { id: string } }>('POST', '/compute/v2.1/servers', hinted);
    servers.push(await compute.settled(made.server.id, 'ACTIVE'));
  }
  for (const server of servers) await fleet.answers(server);
  return servers;
}

/** An operator calls these hosts dead, though they live: what is not evacuated must run on as if nothing had been. */
async function called(hosts: readonly string[], work: () => Promise<void>): Promise<void> {
  for (const host of hosts) await fleet.cloud.compute.forceDown(host, true);
  try {
    await work();
  } finally {
    for (const host of hosts) {
      await fleet.cloud.compute.forceDown(host, false);
      await fleet.cloud.compute.hostIs(host, 'up');
      await fleet.cloud.hosts.resynced(host);
    }
  }
}

/** Status and words of the server's last migration. */
async function lastMove({ id }: Server): Promise<{ status: string; why: string }> {
  const last = await fleet.cloud.compute.lastMigration(id);
  assert.ok(last, 'it has a migration');
  type Answer = { migration: { status: string; failure: { reason: string } | null } };
  const { migration } = await fleet.cloud.api.call<Answer>('GET', `/fleet/v1/migrations/${last.uuid}`);
  return { status: migration.status, why: migration.failure?.reason ?? '' };
}

test('two servers that a group keeps apart lose their hosts at once: one lands on the only host, the other says why', async () => {
  const { compute } = fleet.cloud;
  const servers = await apart(['e2e-lost-one', 'e2e-lost-other']);
  const homes = servers.map(hostOf);
  assert.notEqual(homes[0], homes[1]);
  await called(homes, async () => {
    await Promise.all(servers.map(({ id }) => compute.act(id, { evacuate: {} })));
    const now = await Promise.all(servers.map(({ id }) => fleet.ended(id, 600_000)));
    const moves = await Promise.all(servers.map((server) => lastMove(server)));
    assert.deepEqual(moves.map(({ status }) => status).sort(), ['done', 'error']);
    const left = moves.findIndex(({ status }) => status === 'error');
    assert.match(moves[left]!.why, /No valid host was found.*group/);
    assert.deepEqual([now[left]!.status, hostOf(now[left]!)], ['ACTIVE', homes[left]], 'as it was');
    const landed = now[1 - left]!;
    assert.equal(landed.status, 'ACTIVE');
    assert.ok(!homes.includes(hostOf(landed)));
    await fleet.answers(landed);
  });
  for (const server of servers) await fleet.answers(server);
  await fleet.remove(...servers.map(({ id }) => id));
  await fleet.assertAudited();
});

test('an evacuation that finds no host leaves the server as it was, and running', async () => {
  const { compute } = fleet.cloud;
  const server = await fleet.running('e2e-lost-alone');
  await inside(fleet, server, '/bin/sh', '-c', 'echo precious >/run/note');
  const host = hostOf(server);
  const others = fleet.local.hosts.filter((name) => name !== host);
  for (const other of others) await service(other, 'disabled');
  try {
    await called([host], async () => {
      await compute.act(server.id, { evacuate: {} });
      const now = await fleet.ended(server.id, 600_000);
      assert.deepEqual([now.status, hostOf(now)], ['ACTIVE', host]);
      const { status, why } = await lastMove(server);
      assert.equal(status, 'error');
      assert.match(why, /No valid host was found/);
    });
  } finally {
    for (const other of others) await service(other, 'enabled');
  }
  assert.equal((await inside(fleet, server, '/bin/cat', '/run/note')).trim(), 'precious', 'it was not started anew');
  await fleet.answers(server);
  await compute.movesLive(server.id);
  await fleet.remove(server.id);
  await fleet.assertAudited();
});

test('a cold move of a server whose agent is gone or whose host is disabled is 409 at once; once it is back, it goes', async () => {
  const { compute } = fleet.cloud;
  const server = await fleet.running('e2e-lost-agent');
  const host = hostOf(server);
  const larger = await compute.ensureFlavor('e2e.larger', { vcpus: 1, ram: 160, disk: 1 });
  await fleet.local.killAgent(host);
  try {
    await assert.rejects(compute.act(server.id, { migrate: null }), isConflict);
    await assert.rejects(compute.act(server.id, { resize: { flavorRef: larger } }), isConflict);
    const now = await compute.show(server.id);
    assert.deepEqual([now.status, now['OS-EXT-STS:task_state']], ['ACTIVE', null]);
    assert.equal(await compute.lastMigration(server.id), undefined, 'no move was begun');
  } finally {
    await fleet.local.startAgent(host);
    await compute.hostIs(host, 'up');
  }
  await fleet.answers(server);
  await fleet.cloud.events.until(server.id, `the agent of ${host} answers again`, 120_000, async () => {
    type Answer = { mobility: { cold: { possible: boolean } } };
    const { mobility } = await fleet.cloud.api.call<Answer>('GET', `/fleet/v1/instances/${server.id}/mobility`);
    return mobility.cold.possible || undefined;
  });
  await service(host, 'disabled');
  try {
    await assert.rejects(compute.act(server.id, { migrate: null }), isConflict);
  } finally {
    await service(host, 'enabled');
  }
  const moved = await compute.coldMigrate(server.id);
  assert.notEqual(hostOf(moved), host);
  await compute.act(server.id, { confirmResize: null });
  await fleet.answers(await compute.settled(server.id, 'ACTIVE'));
  await fleet.remove(server.id);
  await fleet.assertAudited();
});

function isConflict(error: unknown): true {
  assert.ok(error instanceof ApiError);
  assert.equal(error.status, 409, error.message);
  return true;
}
