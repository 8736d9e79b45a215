import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { addressOf, hostOf } from '#apps/cli/client/compute';
import type { Server } from '#apps/cli/client/compute';
import { background, inside } from '../fleet/inside.js';
import { SENDER, WATCHER, datagram, flood, forgeries, marksOf, tunnelled } from '../fleet/raw-frames.js';
import type { Ends } from '../fleet/raw-frames.js';
import { TestFleet } from '../fleet/test-fleet.js';

const NEUTRON = '/networking/v2.0';
/** Port of the echo service that every guest image has. */
const ECHO = 7;
const PATIENCE_MS = 120_000;
/** Frames of a flood, and the most that a bridge may remember of them. */
const [FLOOD, REMEMBERED] = [2_000, 1_200];

let fleet: TestFleet;
/** Its port is open to whoever is in the group of friends. */
let web: Server;
let friend: Server;
let stranger: Server;
let webGroup: string;
let friends: string;
let networkId: string;
let vni: number;
const undone: (() => Promise<unknown>)[] = [];

const ask = <T>(method: 'GET' | 'POST' | 'PUT' | 'DELETE', path: string, body?: object) =>
  fleet.cloud.api.call<T>(method, `${NEUTRON}/${path}`, body);

async function made(kind: string, fields: object): Promise<string> {
  const words = `${kind.replaceAll('_', '-')}s`;
  const { id } = (await ask<Record<string, { id: string }>>('POST', words, { [kind]: fields }))[kind]!;
  undone.push(() => ask('DELETE', `${words}/${id}`).catch(() => undefined)); // a test may have removed it
  return id;
}

const rule = (security_group_id: string, more: object) =>
  made('security_group_rule', { security_group_id, direction: 'ingress', ethertype: 'IPv4', ...more });

before(async () => {
  fleet = await TestFleet.open();
  const [first, second, third] = fleet.local.hosts as [string, string, string];
  networkId = await made('network', { name: 'e2e-groups' });
  await made('subnet', { network_id: networkId, ip_version: 4, cidr: '10.47.0.0/24' });
  await made('subnet', { network_id: networkId, ip_version: 6, cidr: 'fd00:47::/64' });
  const { network } = await ask<{ network: { 'provider:segmentation_id': number } }>('GET', `networks/${networkId}`);
  vni = network['provider:segmentation_id'];
  [webGroup, friends] = [
    await made('security_group', { name: 'e2e-web' }),
    await made('security_group', { name: 'e2e-friends' }),
  ];
  await rule(webGroup, { protocol: 'tcp', port_range_min: ECHO, port_range_max: ECHO, remote_group_id: friends });
  const strangers = await made('security_group', { name: 'e2e-strangers' });
  const on = async (name: string, host: string, group: string) => {
    const more = {
      availability_zone: `nova:${host}`,
      networks: [{ uuid: networkId }],
      security_groups: [{ name: group }],
    };
    return fleet.cloud.compute.settled(await fleet.create(name, 'busybox', more), 'ACTIVE');
  };
  [web, friend, stranger] = await Promise.all([
    on('e2e-web', first, webGroup),
    on('e2e-friend', second, friends),
    on('e2e-stranger', third, strangers),
  ]);
  undone.push(() => fleet.remove(web.id, friend.id, stranger.id));
});

after(async () => {
  for (const undo of undone.reverse()) await undo();
  await fleet.assertAudited();
  fleet.close();
});

/** Speaks with the echo service until it does (or does not) answer: hosts follow within a moment. */
async function speaks(from: Server, answered = true): Promise<void> {
  const script = 'echo hello | nc -w 2 "$1" "$2" | grep -q hello';
  const once = () =>
    inside(fleet, from, '/bin/sh', '-c', script, 'sh', addressOf(web).address, String(ECHO)).then(
      () => true,
      () => false,
    );
  for (const deadline = Date.now() + PATIENCE_MS; (await once()) !== answered; await pause(100))
    assert.ok(Date.now() < deadline, `${from.name} ${answered ? 'gets no answer' : 'still gets answers'}`);
}

/** Numbers go over one connection, from the friend to the web server and back, until the server is gone. */
async function counting(): Promise<() => Promise<void>> {
  const lines =
    '(n=0; while :; do n=$((n+1)); echo $n; sleep 0.1; done) | nc "$1" "$2" >/tmp/echoed; echo end >>/tmp/echoed';
  await background(fleet, friend, '/bin/sh', '-c', lines, 'sh', addressOf(web).address, String(ECHO));
  const last = async () => Number((await inside(fleet, friend, 'cat', '/tmp/echoed')).trim().split('\n').at(-1));
  return async () => {
    const seen = await last();
    for (const deadline = Date.now() + PATIENCE_MS; !((await last()) > seen); await pause(100))
      assert.ok(Date.now() < deadline, 'the connection goes on');
  };
}

test('live moves keep the connections that groups allow, and never let in what they forbid', async () => {
  const [first, second, third] = fleet.local.hosts as [string, string, string];
  await speaks(friend);
  await speaks(stranger, false);
  const goesOn = await counting();
  await goesOn();
  const tries = 'while :; do echo hello | nc -w 1 "$1" "$2" | grep hello >>/tmp/through; done';
  await background(
    fleet,
    stranger,
    '/bin/sh',
    '-c',
    `: >/tmp/through; ${tries}`,
    'sh',
    addressOf(web).address,
    String(ECHO),
  );
  for (const [moved, host] of [
    [web, second],
    [friend, first],
    [web, third],
  ] as const) {
    await fleet.cloud.compute.movesLive(moved.id, host);
    assert.equal(hostOf(await fleet.cloud.compute.show(moved.id)), host);
    await goesOn();
    await speaks(friend);
  }
  assert.equal(await inside(fleet, stranger, 'cat', '/tmp/through'), '', 'the stranger has tried all the time');
  await fleet.assertAudited();
});

test('changes of rules and of members are in force on every host', async () => {
  const [open] = [await rule(webGroup, { protocol: 'tcp', remote_ip_prefix: `${addressOf(stranger).address}/32` })];
  await speaks(stranger);
  await ask('DELETE', `security-group-rules/${open}`);
  await speaks(stranger, false);
  const { compute } = fleet.cloud;
  await compute.act(stranger.id, { addSecurityGroup: { name: 'e2e-friends' } });
  await speaks(stranger);
  await compute.act(stranger.id, { removeSecurityGroup: { name: 'e2e-friends' } });
  await speaks(stranger, false);
  await speaks(friend);
});

/** Words that run a program of the host in the server's network namespace. */
const beside = (server: Server, ...words: string[]): string[] => {
  const attach = ['lxc-attach', '-n', server.id, '-P', '/var/lib/lxstack-agent/instances', '-s', 'NETWORK'];
  return [...attach, '--', ...words];
};

const run = async (server: Server, ...words: string[]): Promise<string> =>
  fleet.local.runOn(hostOf(await fleet.cloud.compute.show(server.id))!, beside(server, ...words));

/** The marks of the frames that came, when the stranger has sent these to the web server. */
const sent = (frames: string[]): Promise<Set<string>> =>
  marksOf(
    () => run(web, 'perl', '-e', WATCHER, 'eth0', 'lx-end'),
    () => run(stranger, 'perl', '-e', SENDER, 'eth0', ...frames),
  );

async function endsOf(server: Server): Promise<Ends> {
  const { ports } = await ask<{ ports: { mac_address: string; fixed_ips: { ip_address: string }[] }[] }>(
    'GET',
    `ports?device_id=${server.id}`,
  );
  const addresses = ports[0]!.fixed_ips.map(({ ip_address }) => ip_address);
  const of = (six: boolean) => addresses.find((one) => one.includes(':') === six)!;
  return { mac: ports[0]!.mac_address, ip: of(false), ip6: of(true) };
}

test('no guest sends what is not its own, reaches the underlay or fills the bridge', async () => {
  for (const ethertype of ['IPv4', 'IPv6']) await rule(webGroup, { ethertype });
  const [liar, to, other] = await Promise.all([stranger, web, friend].map(endsOf));
  const forged = forgeries(liar!, other!, to!);
  const hosts = fleet.local.hosts;
  const vteps = await Promise.all(hosts.map((host) => underlayOf(host)));
  const inner = datagram(other!, to!, 'tunnelled');
  const bridge = `02:6c:78:${[vni >> 16, (vni >> 8) & 255, vni & 255].map((byte) => byte.toString(16).padStart(2, '0')).join(':')}`;
  const tunnels = vteps.map((vtep) => tunnelled(liar!, bridge, vtep, vni, inner));
  const honest = [datagram(liar!, to!, 'honest'), datagram(liar!, to!, 'end')];
  await speaks(stranger); // the rule that lets in everything is in force
  const came = await sent([...Object.values(forged), ...tunnels, ...honest]);
  assert.deepEqual([...came].sort(), ['lx-end', 'lx-honest']);

  await run(stranger, 'ip', 'neigh', 'replace', '10.47.0.250', 'lladdr', bridge, 'dev', 'eth0');
  for (const vtep of vteps) {
    await run(stranger, 'ip', 'route', 'replace', `${vtep}/32`, 'via', '10.47.0.250', 'dev', 'eth0');
    await assert.rejects(run(stranger, 'busybox', 'ping', '-c', '1', '-W', '1', vtep), 'the underlay does not answer');
  }

  const host = hostOf(await fleet.cloud.compute.show(stranger.id))!;
  const remembered = async () => (await fleet.local.runOn(host, ['bridge', 'fdb', 'show'])).split('\n').length;
  const calm = await remembered();
  await run(stranger, 'perl', '-e', SENDER, 'eth0', ...flood(liar!, to!, FLOOD));
  assert.ok((await remembered()) <= calm + 10, 'none of the flood is remembered');

  const { ports } = await ask<{ ports: { id: string }[] }>('GET', `ports?device_id=${stranger.id}`);
  const open = { port_security_enabled: false, security_groups: [] };
  await ask('PUT', `ports/${ports[0]!.id}`, { port: open });
  for (const deadline = Date.now() + PATIENCE_MS; ; await pause(100)) {
    const now = await sent([...Object.values(forged), ...tunnels, ...honest]);
    const arrived = Object.keys(forged).filter((name) => now.has(`lx-${name}`));
    if (arrived.length === Object.keys(forged).length) break;
    assert.ok(Date.now() < deadline, `without port security all come, the control: ${arrived.join()}`);
    assert.ok(!now.has('lx-tunnelled'), 'frames in VXLAN come in no case');
  }
  await run(stranger, 'perl', '-e', SENDER, 'eth0', ...flood(liar!, to!, FLOOD));
  assert.ok((await remembered()) <= calm + REMEMBERED, 'the flood of a port without security is bounded');
});

/** The address at which a host's tunnels end. */
async function underlayOf(host: string): Promise<string> {
  const found = /local (\S+)/.exec(await fleet.local.runOn(host, ['ip', '-d', 'link', 'show', 'type', 'vxlan']));
  assert.ok(found, `${host} has a tunnel`);
  return found[1]!;
}
