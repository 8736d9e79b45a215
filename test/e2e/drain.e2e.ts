import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hostOf } from '#apps/cli/client/compute';
import { inside } from './fleet/inside.js';
import { TestFleet } from './fleet/test-fleet.js';

interface Drain {
  operation_id: string;
  state: string;
  total: number;
  done: number;
  failed: number;
  remaining: number;
  failure: { details?: string[] } | null;
}

test('a drained host is empty, everything answers elsewhere, and a connection lives on', async (context) => {
  const fleet = await TestFleet.open();
  context.after(() => fleet.close());
  const { api, compute } = fleet.cloud;
  const watched = await fleet.running('e2e-drain-0');
  const host = hostOf(watched);
  const path = `/fleet/v1/hosts/${host}/drain`;
  const zone = { availability_zone: `nova:${host}` };
  const second = await fleet.running('e2e-drain-1', 'busybox', zone);
  const stopped = await fleet.running('e2e-drain-2', 'busybox', zone);
  await compute.act(stopped.id, { 'os-stop': null });
  await compute.settled(stopped.id, 'SHUTOFF');
  const { seen } = await fleet.cloud.underTraffic(watched, async () => {
    const begun = await api.call<{ drain: Drain }>('POST', path, { parallel: 2 });
    const drain = await over(fleet, path, begun.drain);
    assert.equal(drain.state, 'done', JSON.stringify(drain));
    assert.deepEqual([drain.total, drain.done, drain.failed], [3, 3, 0]);
  });
  assert.ok(seen.open, seen.failure);
  for (const { id } of [watched, second, stopped]) assert.notEqual(hostOf(await compute.show(id)), host);
  await fleet.answers(await compute.show(second.id));
  assert.equal((await compute.show(stopped.id)).status, 'SHUTOFF');
  await api.call('PUT', `/compute/v2.1/os-services/${host}`, { status: 'enabled' });
  await fleet.remove(watched.id, second.id, stopped.id);
  await fleet.assertAudited();
});

test('a drain aborted in its middle leaves every server whole on one host, and a resume empties the host', async (context) => {
  const fleet = await TestFleet.open();
  context.after(() => fleet.close());
  const { api, compute } = fleet.cloud;
  const first = await fleet.running('e2e-abort-drain-0');
  const host = hostOf(first);
  const zone = { availability_zone: `nova:${host}` };
  const servers = [first];
  for (const i of [1, 2, 3]) servers.push(await fleet.running(`e2e-abort-drain-${i}`, 'busybox', zone));
  const path = `/fleet/v1/hosts/${host}/drain`;
  const begun = await api.call<{ drain: Drain }>('POST', path, { parallel: 1, live: 'require' });
  await Promise.any(servers.map(({ id }) => compute.left(id, host)));
  await api.call('DELETE', path);
  const aborted = await over(fleet, path, begun.drain);
  assert.equal(aborted.state, 'cancelled', JSON.stringify(aborted));
  assert.ok(aborted.done >= 1 && aborted.done < 4, JSON.stringify(aborted));
  const left: string[] = [];
  for (const { id } of servers) {
    const server = await compute.settled(id, 'ACTIVE');
    await fleet.answers(server);
    if (hostOf(server) === host) left.push(id);
  }
  assert.equal(left.length, 4 - aborted.done);
  const resumed = await api.call<{ drain: Drain }>('POST', `${path}/resume`, {});
  const drained = await over(fleet, path, resumed.drain);
  assert.deepEqual([drained.state, drained.done], ['done', 4], JSON.stringify(drained));
  for (const { id } of servers) assert.notEqual(hostOf(await compute.show(id)), host);
  await api.call('PUT', `/compute/v2.1/os-services/${host}`, { status: 'enabled' });
  await fleet.remove(...servers.map(({ id }) => id));
  await fleet.assertAudited();
});

test('a drain leaves what may not be moved live, says why, and moves it cold where that is allowed', async (context) => {
  const fleet = await TestFleet.open();
  context.after(() => fleet.close());
  const { api, compute } = fleet.cloud;
  const movable = await fleet.running('e2e-drain-movable');
  const host = hostOf(movable);
  const held = await fleet.running('e2e-drain-held', 'busybox', { availability_zone: `nova:${host}` });
  // The process stays in the session of the exec, which CRIU cannot carry.
  await inside(fleet, held, '/bin/sh', '-c', 'sleep 600 </dev/null >/dev/null 2>&1 &');
  const path = `/fleet/v1/hosts/${host}/drain`;
  const first = await over(fleet, path, (await api.call<{ drain: Drain }>('POST', path, {})).drain);
  assert.deepEqual([first.state, first.done, first.remaining], ['error', 1, 1], JSON.stringify(first));
  assert.match(first.failure!.details!.join(), /session that is not the instance's/);
  assert.equal(hostOf(await compute.show(held.id)), host);
  await fleet.answers(held);
  const begun = await api.call<{ drain: Drain }>('POST', path, { live: 'prefer' });
  const second = await over(fleet, path, begun.drain);
  assert.deepEqual([second.state, second.done, second.remaining], ['done', 1, 0], JSON.stringify(second));
  assert.notEqual(hostOf(await compute.show(held.id)), host);
  await fleet.answers(await compute.show(held.id));
  await api.call('PUT', `/compute/v2.1/os-services/${host}`, { status: 'enabled' });
  await fleet.remove(movable.id, held.id);
  await fleet.assertAudited();
});

test('a drain empties a host whose servers were kept apart by a group that is deleted', async (context) => {
  const fleet = await TestFleet.open();
  context.after(() => fleet.close());
  const { api, compute } = fleet.cloud;
  const { server_group: group } = await api.call<{ server_group: { id: string } }>(
    'POST',
    '/compute/v2.1/os-server-groups',
    { server_group: { name: 'e2e-drain-apart', policy: 'anti-affinity' } },
  );
  const apart = async (name: string) => {
    const networks = [{ uuid: fleet.networkId }];
    const server = { name, imageRef: fleet.images.busybox, flavorRef: fleet.flavorId, networks };
    const body = { server, 'os:scheduler_hints': { group: group.id } };
    const made = await api.call<{ server: { id: string } }>('POST', '/compute/v2.1/servers', body);
    return compute.settled(made.server.id, 'ACTIVE');
  };
  // One on each host: with the group none of them could go anywhere.
  const servers = [];
  for (const n of fleet.local.hosts.keys()) servers.push(await apart(`e2e-drain-apart-${n}`));
  assert.equal(new Set(servers.map(hostOf)).size, servers.length);
  const host = hostOf(servers[0]!);
  const path = `/fleet/v1/hosts/${host}/drain`;
  await api.call('DELETE', `/compute/v2.1/os-server-groups/${group.id}`);
  const drain = await over(fleet, path, (await api.call<{ drain: Drain }>('POST', path, {})).drain);
  assert.deepEqual([drain.state, drain.done, drain.remaining], ['done', 1, 0], JSON.stringify(drain));
  const moved = await compute.show(servers[0]!.id);
  assert.notEqual(hostOf(moved), host);
  await fleet.answers(moved);
  await api.call('PUT', `/compute/v2.1/os-services/${host}`, { status: 'enabled' });
  await fleet.remove(...servers.map(({ id }) => id));
  await fleet.assertAudited();
});

/** Waits for the end of the drain and returns it. */
async function over(fleet: TestFleet, path: string, { operation_id }: Drain): Promise<Drain> {
  const { api, events } = fleet.cloud;
  return events.until(operation_id, 'the end of the drain', 120_000, async () => {
    const now = (await api.call<{ drain: Drain }>('GET', path)).drain;
    return ['done', 'error', 'cancelled'].includes(now.state) ? now : undefined;
  });
}
