import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { hostOf } from '#apps/cli/client/compute';
import type { Server } from '#apps/cli/client/compute';
import { bridgeOf, hostVethName, vxlanOf } from '#apps/agent/network/interface-names';
import { inside } from './fleet/inside.js';
import { TestFleet } from './fleet/test-fleet.js';

// What the API says of a network, subnet or port reaches the kernel of every host that has it, whatever was away
// meanwhile.
let fleet: TestFleet;
let network: { id: string; vni: number; subnet: string };
let one: Server;
let two: Server;

before(async () => {
  fleet = await TestFleet.open();
  const { id } = await fleet.cloud.network.ensureNetwork('e2e-desired', '10.34.0.0/24');
  await put('networks', id, 'network', { mtu: 1450, admin_state_up: true });
  const shown = await get<{ network: { 'provider:segmentation_id': number; subnets: string[] } }>('networks', id);
  network = { id, vni: shown.network['provider:segmentation_id'], subnet: shown.network.subnets[0] };
  await put('subnets', network.subnet, 'subnet', { dns_nameservers: [], host_routes: [], enable_dhcp: true });
  [one, two] = await Promise.all(fleet.local.hosts.slice(0, 2).map((host, n) => make(`e2e-desired-${n}`, host)));
});
after(async () => {
  await fleet.remove(one.id, two.id);
  await fleet.assertAudited();
  fleet.close();
});

async function make(name: string, host: string): Promise<Server> {
  const where = { availability_zone: `nova:${host}`, networks: [{ uuid: network.id }] };
  return fleet.cloud.compute.settled(await fleet.create(name, 'busybox', where), 'ACTIVE');
}

const base = '/networking/v2.0';
const get = <T>(noun: string, id: string) => fleet.cloud.api.call<T>('GET', `${base}/${noun}/${id}`);
const put = (noun: string, id: string, key: string, change: object) =>
  fleet.cloud.api.call('PUT', `${base}/${noun}/${id}`, { [key]: change });
const portOf = async ({ id }: Server): Promise<string> =>
  (await fleet.cloud.api.call<{ ports: { id: string }[] }>('GET', `${base}/ports?device_id=${id}`)).ports[0].id;
const on = (server: Server, script: string) =>
  fleet.local.runOn(hostOf(server), ['/bin/sh', '-c', script]).catch((error: Error) => `failed: ${error.message}`);
const guest = (server: Server, file: string) =>
  inside(fleet, server, 'cat', `/sys/class/net/eth0/${file}`).catch((error: Error) => `failed: ${error.message}`);
const dhcp = (server: Server) => {
  const state = `/var/lib/lxstack-agent/dhcp/lxd${network.vni}`;
  return on(server, `pid=$(cat ${state}/pid) && tr '\\0' '\\n' < /proc/$pid/cmdline`);
};
const veth = async (server: Server) => on(server, `ip -d link show ${hostVethName(await portOf(server))}`);
const rules = async (server: Server) =>
  on(server, `nft list chain bridge lxstack p-${hostVethName(await portOf(server))}`);

/** A port's rules without port security: only frames to the metadata service may be dropped. */
const OPEN = /^(?![\s\S]*\n\t\t(?!ip6? daddr (169\.254\.169\.254|fe80::a9fe:a9fe) )[^\n]*drop)[\s\S]*chain/;

/** Waits until `look` matches on every one of the servers. */
async function seen(what: string, servers: Server[], look: (server: Server) => Promise<string>, wanted: RegExp) {
  for (const server of servers) {
    let last = '';
    await fleet.cloud.events
      .until(server.id, what, 120_000, async () => (wanted.test((last = await look(server))) ? true : undefined))
      .catch((error: Error) => assert.fail(`${error.message}: on ${hostOf(server)} there was ${last}`));
  }
}

const audited = () => fleet.assertAudited();

test('name servers and routes of a subnet reach every host, also one whose agent was down when they changed', async () => {
  const host = hostOf(two);
  await fleet.local.killAgent(host);
  await put('subnets', network.subnet, 'subnet', {
    dns_nameservers: ['192.0.2.53'],
    host_routes: [{ destination: '198.51.100.0/24', nexthop: '10.34.0.9' }],
  });
  await seen(
    'the host that is up serves the routes',
    [one],
    dhcp,
    /classless-static-route,198\.51\.100\.0\/24,10\.34\.0\.9/,
  );
  assert.doesNotMatch(await dhcp(two), /192\.0\.2\.53/, 'nobody has told it yet');
  await fleet.local.startAgent(host);
  await seen('both serve the name server', [one, two], dhcp, /dns-server,192\.0\.2\.53/);
  await seen(
    'with the default route among the routes',
    [one, two],
    dhcp,
    /,10\.34\.0\.9,169\.254\.169\.254\/32,0\.0\.0\.0,0\.0\.0\.0\/0,10\.34\.0\.1/,
  );
  await fleet.cloud.compute.hostIs(host, 'up');
  await audited();
});

test('the MTU of a network is that of its links, in hosts and guests, also where the API was restarted meanwhile', async () => {
  await fleet.local.killProcess('api');
  await fleet.local.startProcess('api');
  await put('networks', network.id, 'network', { mtu: 1400 });
  await seen('veths have it', [one, two], veth, /mtu 1400/);
  await seen('tunnels have it', [one, two], (server) => on(server, `ip link show ${vxlanOf(network.vni)}`), /mtu 1400/);
  await seen('guests have it', [one, two], (server) => guest(server, 'mtu'), /^1400\s*$/);
  await audited();
});

test('port security and administrative state of a port are in force at once, and after its host was rebooted', async () => {
  const port = await portOf(two);
  await put('ports', port, 'port', { port_security_enabled: false, security_groups: [] });
  await seen('nothing is dropped but what asks for metadata in another name', [two], rules, OPEN);
  await put('ports', port, 'port', { admin_state_up: false });
  await seen('the guest has no carrier', [two], (server) => guest(server, 'carrier'), /^(0|failed.*Invalid argument)/);
  await seen('all is dropped', [two], rules, /\tdrop/);
  await audited();
  const host = hostOf(two);
  await fleet.local.killHost(host);
  await put('ports', port, 'port', { port_security_enabled: true });
  await fleet.local.startAgent(host);
  await fleet.cloud.compute.hostIs(host, 'up');
  await fleet.cloud.compute.act(two.id, { 'os-stop': null });
  await fleet.cloud.compute.settled(two.id, 'SHUTOFF');
  await fleet.cloud.compute.act(two.id, { 'os-start': null });
  await fleet.cloud.compute.settled(two.id, 'ACTIVE');
  await seen('it starts with its link down', [two], veth, /state DOWN/);
  await put('ports', port, 'port', { admin_state_up: true });
  await seen('it is up', [two], (server) => guest(server, 'carrier'), /^1/);
  await seen('with its addresses watched', [two], rules, /arp saddr ip != [\s\S]*drop/);
  await audited();
});

test('a network that is down takes links and DHCP with it, and comes back', async () => {
  await put('networks', network.id, 'network', { admin_state_up: false });
  await seen('links go', [one, two], (server) => guest(server, 'carrier'), /^(0|failed.*Invalid argument)/);
  await seen('DHCP goes', [one, two], dhcp, /failed/);
  await audited();
  await put('networks', network.id, 'network', { admin_state_up: true });
  await seen('links are back', [one, two], (server) => guest(server, 'carrier'), /^1/);
  await seen('DHCP is back', [one, two], dhcp, /dnsmasq/);
  await audited();
});

test('invariant 7: the audit reads the kernel, names what differs, and repairs it', async () => {
  const port = await portOf(one);
  const other = await inside(fleet, two, 'cat', '/sys/class/net/eth0/address');
  const broken = [
    `bridge fdb del ${other.trim()} dev ${vxlanOf(network.vni)} self`,
    `ip link set ${hostVethName(port)} down`,
    `ip neigh add 10.34.0.77 lladdr 02:00:00:00:00:77 dev ${bridgeOf(network.vni)} nud permanent`,
    `nft flush chain bridge lxstack p-${hostVethName(port)}`,
    `kill $(cat /var/lib/lxstack-agent/dhcp/lxd${network.vni}/pid)`,
  ];
  // The agent mends the difference within half a minute; the audit may find it before that.
  const found = await fleet.cloud.events.until(one.id, 'the audit finds it', 120_000, async () => {
    for (const command of broken) await on(one, command);
    const differences = await fleet.local.audit();
    return differences.length >= broken.length ? differences : undefined;
  });
  const all = found.join('\n');
  assert.match(
    all,
    new RegExp(
      `^forwarding: network ${network.id} on host ${hostOf(one)}: frames for ${other.trim()} go to nobody`,
      'm',
    ),
  );
  assert.match(all, new RegExp(`^port-link: .*port ${port} is down`, 'm'));
  assert.match(all, /^neighbour-left: .*10\.34\.0\.77 is 02:00:00:00:00:77 for its neighbours: nobody has it/m);
  assert.match(all, new RegExp(`^port-rules: .*the rules of port ${port} are not those it should have`, 'm'));
  assert.match(all, /^dhcp: .*DHCP is not served/m);
  assert.deepEqual(await fleet.local.repair(), []);
  await audited();
  for (const command of broken) await on(one, command);
  await seen('the agent mends it by itself', [one], rules, /arp saddr ip != [\s\S]*drop/);
  await seen('and says so', [one], () => fleet.local.agentLog(hostOf(one)), /the kernel was not as desired/);
});
