import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { DesiredDocument } from '#apps/agent/desired-state/document';
import { Drift } from '#apps/agent/desired-state/drift';
import { Reconciler } from '#apps/agent/desired-state/reconciler';
import { DesiredSpecs } from '#apps/agent/desired-state/specs';
import { forgetConnections } from '#apps/agent/network/conntrack/connections';
import { NetworkRecords } from '#apps/agent/network/network-records';
import { HostNetwork } from '#apps/agent/network/network';
import type { DesiredResource } from '#generated/lxstack/agent/v1/desired_state';
import type { AddressPair, SecurityGroupRule } from '#generated/lxstack/agent/v1/types';
import { createLogger } from '#libs/common/logger';
import { newId } from '#libs/common/ids';
import { isInsideHost, runInsideHost } from './fleet/inside-host.js';
import { NetworkGuest, run } from './fleet/network-guest.js';

// Security groups in the kernel of one host: guests behind ports, and what passes between them.
const [VNI, HERE] = [4712, '10.213.0.11'];
const logger = createLogger('test');
logger.level = 'silent';

let state: string;
let document: DesiredDocument;
let network: HostNetwork;
let reconciler: Reconciler;
let guests: NetworkGuest[];
let networkId: string;

const onHost = (name: string, work: () => Promise<void>) => {
  if (isInsideHost) test(name, work);
};

if (!isInsideHost) test('security groups in the kernel of a host', () => runInsideHost(import.meta.filename));
else {
  beforeEach(async () => {
    state = await mkdtemp(join(tmpdir(), 'lx-filters-'));
    document = new DesiredDocument();
    document.followed = true;
    guests = [];
    networkId = newId();
    await startAgent();
    await change([{ id: networkId, body: { $case: 'network', value: { vni: VNI, mtu: 1450, adminStateUp: true } } }]);
  });
  afterEach(async () => {
    for (const guest of guests) guest.end();
    await network.detach(guests.map(({ nic }) => nic));
    document.apply('', [], [], true);
    await network.deleteNetwork(networkId);
    run('nft', 'flush', 'ruleset');
    await rm(state, { recursive: true });
  });
}

async function startAgent(): Promise<void> {
  const desired = new DesiredSpecs(document);
  const metadata = { serve: async () => {}, serves: async () => true, end: () => {} };
  const options = {
    stateDirectory: state,
    vtep: HERE,
    cgroup: 'lx-filters',
    desired,
    metadata,
    dhcpLeaseSeconds: 3_600,
    logger,
  };
  network = await HostNetwork.open(options);
  reconciler = new Reconciler({ document, network, movingMacs: () => new Set() }, logger);
}

async function change(changed: DesiredResource[], removed: { kind: string; id: string }[] = []): Promise<void> {
  await reconciler.apply(document.apply('r', changed, removed, false));
  assert.deepEqual(reconciler.failures(), []);
}

const rule = (wanted: Partial<SecurityGroupRule>): SecurityGroupRule => ({
  ingress: true,
  ipv6: false,
  remotePrefix: '',
  remoteGroupId: '',
  ...wanted,
});
/** Neutron's default: everything may leave. */
const outward = [rule({ ingress: false }), rule({ ingress: false, ipv6: true })];
const group = (id: string, rules: SecurityGroupRule[], stateful = true): DesiredResource => ({
  id,
  body: { $case: 'securityGroup', value: { id, stateful, rules } },
});
const member = (groupId: string, portId: string, ...addresses: string[]): DesiredResource => ({
  id: `${groupId}/${portId}`,
  body: { $case: 'groupMember', value: { groupId, portId, addresses } },
});

/** A guest with a port in these groups. */
async function guest(number: number, groupIds: string[]): Promise<NetworkGuest> {
  const portId = newId();
  const mac = `fa:16:3e:00:01:0${number}`;
  const filter = { securityGroupIds: groupIds, allowedAddressPairs: [] };
  const addresses = [
    { address: `10.9.0.${number}`, subnetId: '' },
    { address: `fd09::${number}`, subnetId: '' },
  ];
  const common = { networkId, mac, addresses, portSecurity: true, adminStateUp: true, hostname: '', deviceIndex: 0 };
  await change([{ id: portId, body: { $case: 'port', value: { ...common, filter } } }]);
  const fixedIps = [
    { address: `10.9.0.${number}`, prefixLength: 24, gateway: '' },
    { address: `fd09::${number}`, prefixLength: 64, gateway: '' },
  ];
  const nic = {
    portId,
    networkId,
    name: 'eth0',
    mac,
    fixedIps,
    mtu: 1450,
    portSecurity: true,
    adminStateDown: false,
    filter,
  };
  const spec = { id: networkId, vni: VNI, mtu: 1450, adminStateDown: false, subnets: [] };
  await network.attach({ id: newId(), hostname: '', networks: [spec], nics: [nic] } as never);
  const made = new NetworkGuest(nic, VNI, `sg${number}`);
  guests.push(made);
  return made;
}

const TCP = 6;
const UDP = 17;

onHost('a port is closed to strangers, opened by rules, and what it asks for is answered', async () => {
  const [open, closed] = [newId(), newId()];
  await change([group(open, [...outward, rule({}), rule({ ipv6: true })]), group(closed, outward)]);
  const stranger = await guest(1, [open]);
  const server = await guest(2, [closed]);
  await server.listen(80, 81);
  await stranger.listen(80);
  assert.equal(await server.tcp(stranger.ip, 80, true), true, 'the control: a server may ask and gets an answer');
  assert.equal(await server.tcp(stranger.ip6, 80, true), true, 'by IPv6 too');
  assert.equal(await server.udp(stranger.ip, 80, true), true);
  assert.equal(await stranger.tcp(server.ip, 80, false), false);
  assert.equal(await stranger.tcp(server.ip6, 80, false), false);
  assert.equal(await stranger.udp(server.ip, 80, false), false);
  assert.equal(stranger.ping(server.ip), false);
  const rules = [rule({ protocol: TCP, portMin: 80, portMax: 80 }), rule({ protocol: UDP, portMin: 70, portMax: 90 })];
  await change([group(closed, [...outward, ...rules, rule({ protocol: 1, portMin: 8 })])]);
  assert.equal(await stranger.tcp(server.ip, 80, true), true);
  assert.equal(await stranger.tcp(server.ip, 81, false), false);
  assert.equal(await stranger.tcp(server.ip6, 80, false), false, 'the rule is for IPv4');
  assert.equal(await stranger.udp(server.ip, 80, true), true);
  assert.equal(stranger.ping(server.ip), true);
  await change([group(closed, [...outward, rule({ ipv6: true, protocol: TCP, portMin: 1, portMax: 65535 })])]);
  assert.equal(await stranger.tcp(server.ip6, 81, true), true);
  assert.equal(await stranger.tcp(server.ip, 80, false), false);
});

onHost('a rule by prefix or by remote group lets in those whom it names', async () => {
  const [ground, web, friends] = [newId(), newId(), newId()];
  await change([
    group(ground, [...outward, rule({}), rule({ ipv6: true })]),
    group(web, [...outward, rule({ remotePrefix: '10.9.0.1/32', protocol: TCP, portMin: 80, portMax: 80 })]),
  ]);
  const [one, two] = [await guest(1, [ground]), await guest(2, [ground, friends])];
  const server = await guest(3, [web]);
  await server.listen(80);
  assert.equal(await one.tcp(server.ip, 80, true), true);
  assert.equal(await two.tcp(server.ip, 80, false), false);
  await change([
    group(web, [...outward, rule({ remoteGroupId: friends }), rule({ remoteGroupId: friends, ipv6: true })]),
    member(friends, two.nic.portId, two.ip, two.ip6),
  ]);
  assert.equal(await two.tcp(server.ip, 80, true), true);
  assert.equal(await two.tcp(server.ip6, 80, true), true);
  assert.equal(await one.tcp(server.ip, 80, false), false);
  await change([member(friends, one.nic.portId, '10.9.0.0/31')]);
  assert.equal(await one.tcp(server.ip, 80, true), true, 'a range, as of an allowed address pair');
  await change(
    [],
    [
      { kind: 'groupMember', id: `${friends}/${two.nic.portId}` },
      { kind: 'groupMember', id: `${friends}/${one.nic.portId}` },
    ],
  );
  assert.equal(await two.tcp(server.ip, 80, false), false);
  assert.equal(await one.tcp(server.ip, 80, false), false);
});

onHost('egress rules hold a guest back, several groups add up, and a stateless group answers for itself', async () => {
  const [ground, silent, asks, flat] = [newId(), newId(), newId(), newId()];
  await change([
    group(ground, [...outward, rule({}), rule({ ipv6: true })]),
    group(silent, []),
    group(asks, [rule({ ingress: false, protocol: TCP, portMin: 80, portMax: 80 })]),
    group(flat, [rule({ ingress: false, protocol: TCP })], false),
  ]);
  const [server, client] = [await guest(1, [ground]), await guest(2, [silent])];
  await server.listen(80, 81);
  assert.equal(await client.tcp(server.ip, 80, false), false);
  await regroup(client, [silent, asks]);
  assert.equal(await client.tcp(server.ip, 80, true), true);
  assert.equal(await client.tcp(server.ip, 81, false), false);
  await regroup(client, [flat]);
  assert.equal(await client.tcp(server.ip, 80, false), false, 'the answer is not let in');
  await change([
    group(
      flat,
      [rule({ ingress: false, protocol: TCP }), rule({ protocol: TCP, portMin: 1024, portMax: 65535 })],
      false,
    ),
  ]);
  assert.equal(await client.tcp(server.ip, 80, true), true);
});

onHost('a removed rule ends the connections that it had let in, and no others', async () => {
  const [ground, web] = [newId(), newId()];
  const [http, other] = [80, 81].map((port) => rule({ protocol: TCP, portMin: port, portMax: port }));
  await change([group(ground, [...outward, rule({})]), group(web, [...outward, http, other])]);
  const [client, server] = [await guest(1, [ground]), await guest(2, [web])];
  await server.listen(80, 81);
  const [cut, kept] = [await client.open(server.ip, 80), await client.open(server.ip, 81)];
  await change([group(web, [...outward, other])]);
  assert.equal(await client.tcp(server.ip, 80, false), false);
  assert.equal(await client.say(cut, false), false);
  assert.equal(await client.say(kept, true), true);
});

onHost('connections that a move brings along go on at the target, and others do not', async () => {
  const [ground, web] = [newId(), newId()];
  const http = rule({ protocol: TCP, portMin: 80, portMax: 80 });
  await change([group(ground, [...outward, rule({})]), group(web, [...outward, http])]);
  const [client, server] = [await guest(1, [ground]), await guest(2, [web])];
  await server.listen(80);
  const connection = await client.open(server.ip, 80);
  const moved = await network.readConnections([server.nic]);
  assert.equal(moved[0].connections.length, 1);
  const { zone } = (await NetworkRecords.open(state)).get(networkId);
  await forgetConnections(zone!);
  assert.equal(await client.say(connection, false), false, 'nobody knows it');
  await network.putConnections([server.nic], moved);
  assert.equal(await client.say(connection, true), true);
  await network.putConnections([server.nic], moved);
  assert.equal(await client.say(connection, true), true, 'a second time changes nothing');
  await forgetConnections(zone!);
  await network.putConnections([server.nic], undefined);
  assert.equal(await client.say(connection, false), false, 'the client’s port is strict');
});

onHost('a guest sends with its own addresses and those it is allowed, and reaches nothing of the host', async () => {
  const ground = newId();
  await change([group(ground, [...outward, rule({}), rule({ ipv6: true })])]);
  const [honest, liar] = [await guest(1, [ground]), await guest(2, [ground])];
  assert.equal(liar.ping(honest.ip), true);
  liar.address('10.9.0.77/24');
  liar.address('fd09::77/64');
  const as = (source: string, to: string) => liar.pingFrom(source, to);
  assert.equal(as('10.9.0.77', honest.ip), false);
  assert.equal(as('fd09::77', honest.ip6), false);
  await regroup(liar, [ground], [{ mac: liar.nic.mac, addresses: '10.9.0.64/27' }]);
  assert.equal(as('10.9.0.77', honest.ip), true, 'an allowed address pair');
  assert.equal(as('fd09::77', honest.ip6), false);
  run('ip', 'addr', 'add', '192.0.2.9/32', 'dev', 'lo');
  liar.inside('ip', 'neigh', 'replace', '10.9.0.250', 'lladdr', '02:6c:78:00:12:68', 'dev', 'eth0');
  liar.inside('ip', 'route', 'add', '192.0.2.9/32', 'via', '10.9.0.250');
  assert.equal(as('10.9.0.2', '192.0.2.9'), false, 'the bridge’s own MAC leads to the host');
});

onHost(
  'an agent that starts again keeps filters and connections; what somebody has changed is found and mended',
  async () => {
    const [ground, web] = [newId(), newId()];
    const http = rule({ protocol: TCP, portMin: 80, portMax: 80 });
    await change([group(ground, [...outward, rule({})]), group(web, [...outward, http])]);
    const [client, server] = [await guest(1, [ground]), await guest(2, [web])];
    await server.listen(80, 81);
    const connection = await client.open(server.ip, 80);
    await startAgent();
    await reconciler.apply(document.all());
    assert.equal(await client.say(connection, true), true);
    assert.equal(await client.tcp(server.ip, 81, false), false);
    const drift = new Drift({ document, network, reconciler, movingMacs: () => new Set(), logger });
    const look = async (repair: boolean) => (await drift.page(10, '', repair)).networks[0];
    assert.deepEqual((await look(false)).differences, []);
    const chain = `g-${web.replaceAll('-', '')}-i`;
    run('nft', 'add', 'rule', 'bridge', 'lxstack', chain, 'accept');
    assert.equal(await client.tcp(server.ip, 81, true), true, 'the hole is there');
    assert.match((await look(false)).differences.join(), /the rules of security group .* are not those it should have/);
    assert.match((await look(true)).mended.join(), /security group/);
    assert.equal(await client.tcp(server.ip, 81, false), false);
    assert.deepEqual((await look(false)).differences, []);
    assert.equal(await client.say(connection, true), true);
  },
);

async function regroup(
  { nic }: NetworkGuest,
  securityGroupIds: string[],
  allowedAddressPairs: AddressPair[] = [],
): Promise<void> {
  const { portId, mac } = nic;
  const addresses = nic.fixedIps.map(({ address }) => ({ address, subnetId: '' }));
  const filter = { securityGroupIds, allowedAddressPairs };
  const value = {
    networkId,
    mac,
    addresses,
    portSecurity: true,
    adminStateUp: true,
    hostname: '',
    deviceIndex: 0,
    filter,
  };
  await change([{ id: portId, body: { $case: 'port', value } }]);
}
