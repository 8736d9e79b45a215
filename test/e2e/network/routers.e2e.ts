import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { addressOf, hostOf } from '#apps/cli/client/compute';
import type { Server } from '#apps/cli/client/compute';
import { background, inside } from '../fleet/inside.js';
import { TestFleet } from '../fleet/test-fleet.js';

const NEUTRON = '/networking/v2.0';
/** Port of the echo service that every guest image has. */
const ECHO = '7';
const PATIENCE_MS = 120_000;

interface Routed {
  fleet: TestFleet;
  routerId: string;
  networks: { id: string; subnetId: string }[];
}

/** Two networks of one subnet each, and a router that joins them. */
async function routed(context: TestContext, name: string, nets: readonly number[]): Promise<Routed> {
  const fleet = await TestFleet.open();
  const { api } = fleet.cloud;
  const post = async (kind: string, fields: object) => {
    const body = await api.call<Record<string, { id: string }>>('POST', `${NEUTRON}/${kind}s`, { [kind]: fields });
    return body[kind]!.id;
  };
  const undone: (() => Promise<unknown>)[] = [];
  context.after(async () => {
    for (const undo of undone.reverse()) await undo();
    fleet.close();
  });
  const routerId = await post('router', { name });
  undone.push(() => api.call('DELETE', `${NEUTRON}/routers/${routerId}`));
  const networks = [];
  for (const net of nets) {
    const id = await post('network', { name: `${name}-${net}` });
    undone.push(() => api.call('DELETE', `${NEUTRON}/networks/${id}`));
    const subnetId = await post('subnet', { network_id: id, ip_version: 4, cidr: `10.${net}.0.0/24` });
    await post('subnet', { network_id: id, ip_version: 6, cidr: `fd00:${net}::/64` });
    networks.push({ id, subnetId });
    const { subnets } = await api.call<{ subnets: { id: string }[] }>('GET', `${NEUTRON}/subnets?network_id=${id}`);
    for (const { id: subnet_id } of subnets) {
      await api.call('PUT', `${NEUTRON}/routers/${routerId}/add_router_interface`, { subnet_id });
      undone.push(() => api.call('PUT', `${NEUTRON}/routers/${routerId}/remove_router_interface`, { subnet_id }));
    }
  }
  return { fleet, routerId, networks };
}

const on = async (fleet: TestFleet, name: string, host: string, networkId: string): Promise<Server> => {
  const where = { availability_zone: `nova:${host}`, networks: [{ uuid: networkId }] };
  return fleet.cloud.compute.settled(await fleet.create(name, 'busybox', where), 'ACTIVE');
};

/** Pings until it is (or is not) answered: hosts follow within a moment. */
async function pings(fleet: TestFleet, from: Server, address: string, answered = true): Promise<void> {
  for (const deadline = Date.now() + PATIENCE_MS; ;) {
    const came = await inside(fleet, from, 'ping', '-c', '1', '-W', '1', address).then(
      () => true,
      () => false,
    );
    if (came === answered) return;
    assert.ok(Date.now() < deadline, `${address} ${answered ? 'does not answer' : 'still answers'} ${from.name}`);
    await pause(200);
  }
}

const addressesOf = (server: Server) => Object.values(server.addresses).flatMap((list) => list.map((one) => one.addr));

test('a router joins networks on every host, over both IP versions, and its changes are in force without a restart', async (context) => {
  const { fleet, routerId, networks } = await routed(context, 'e2e-router', [40, 41]);
  const [first, second] = fleet.local.hosts as [string, string];
  const { api } = fleet.cloud;
  const near = await on(fleet, 'e2e-routed-a', first, networks[0]!.id);
  const beside = await on(fleet, 'e2e-routed-b', first, networks[1]!.id);
  const far = await on(fleet, 'e2e-routed-c', second, networks[1]!.id);
  for (const target of [beside, far]) for (const address of addressesOf(target)) await pings(fleet, near, address);
  await pings(fleet, far, '10.40.0.1');
  await pings(fleet, near, '10.41.0.1');
  await fleet.assertAudited();

  const put = (router: object) => api.call('PUT', `${NEUTRON}/routers/${routerId}`, { router });
  await put({ admin_state_up: false });
  await pings(fleet, near, addressOf(far).address, false);
  await put({ admin_state_up: true });
  await pings(fleet, near, addressOf(far).address);

  await inside(fleet, far, 'ip', 'addr', 'add', '10.42.0.1/32', 'dev', 'lo');
  const nexthop = addressOf(far).address;
  // Port security lets only its own addresses leave a port.
  const { ports } = await api.call<{ ports: { id: string }[] }>('GET', `${NEUTRON}/ports?device_id=${far.id}`);
  await api.call('PUT', `${NEUTRON}/ports/${ports[0]!.id}`, {
    port: { port_security_enabled: false, security_groups: [] },
  });
  await put({ routes: [{ destination: '10.42.0.0/24', nexthop }] });
  await pings(fleet, near, '10.42.0.1');
  await fleet.assertAudited();
  await put({ routes: [] });
  await pings(fleet, near, '10.42.0.1', false);

  const gone = { subnet_id: networks[1]!.subnetId };
  await api.call('PUT', `${NEUTRON}/routers/${routerId}/remove_router_interface`, gone);
  await pings(fleet, near, addressOf(far).address, false);
  await api.call('PUT', `${NEUTRON}/routers/${routerId}/add_router_interface`, gone);
  await pings(fleet, near, addressOf(far).address);
  await fleet.remove(near.id, beside.id, far.id);
  await fleet.assertAudited();
});

test('a connection through a router goes on while either end moves live', async (context) => {
  const { fleet, networks } = await routed(context, 'e2e-router-moves', [43, 44]);
  const [first, second, third] = fleet.local.hosts as [string, string, string];
  const { compute } = fleet.cloud;
  const client = await on(fleet, 'e2e-routed-client', first, networks[0]!.id);
  const server = await on(fleet, 'e2e-routed-server', second, networks[1]!.id);
  await pings(fleet, client, addressOf(server).address);
  const lines =
    '(n=0; while :; do n=$((n+1)); echo $n; sleep 0.1; done) | nc "$1" "$2" >/tmp/echoed; echo end >>/tmp/echoed';
  await background(fleet, client, '/bin/sh', '-c', lines, 'sh', addressOf(server).address, ECHO);
  const last = async () => Number((await inside(fleet, client, 'cat', '/tmp/echoed')).trim().split('\n').at(-1));
  const goesOn = async (what: string) => {
    const before = await last();
    for (const deadline = Date.now() + PATIENCE_MS; (await last()) <= before; await pause(100))
      assert.ok(Date.now() < deadline, what);
  };
  await goesOn('the echo comes');
  for (const [moved, host] of [
    [server, third],
    [client, second],
    [server, first],
    [client, third],
  ] as const) {
    await compute.movesLive(moved.id, host);
    assert.equal(hostOf(await compute.show(moved.id)), host);
    await goesOn(`the echo comes after ${moved.name} has moved to ${host}`);
  }
  await fleet.assertAudited();
  await fleet.remove(client.id, server.id);
  await fleet.assertAudited();
});

test('what somebody does to a router in the kernel is found and mended', async (context) => {
  const { fleet, routerId, networks } = await routed(context, 'e2e-router-audit', [45, 46]);
  const [first, second] = fleet.local.hosts as [string, string];
  const near = await on(fleet, 'e2e-mended-a', first, networks[0]!.id);
  const far = await on(fleet, 'e2e-mended-b', second, networks[1]!.id);
  await pings(fleet, near, addressOf(far).address);
  const namespace = `lxr${routerId.replaceAll('-', '').slice(0, 12)}`;
  await fleet.local.runOn(first, ['ip', 'netns', 'del', namespace]);
  assert.match((await fleet.local.audit()).join('\n'), /router .* is not made here/);
  assert.deepEqual(await fleet.local.repair(), []);
  await pings(fleet, near, addressOf(far).address);
  await fleet.remove(near.id, far.id);
  for (const deadline = Date.now() + PATIENCE_MS; ; await pause(100)) {
    if (!(await fleet.local.runOn(first, ['ls', '/run/netns'])).includes(namespace)) break;
    assert.ok(Date.now() < deadline, 'the router goes with its last guest');
  }
});
