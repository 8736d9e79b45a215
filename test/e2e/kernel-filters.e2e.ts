import assert from 'node:assert/strict';
import { afterEach, beforeEach, test } from 'node:test';
import { forgetConnections } from '#apps/agent/network/conntrack/connections';
import { newId } from '#libs/common/ids';
import { FilteredHost, group, member, outward, rule } from './fleet/filtered-host.js';
import { isInsideHost, runInsideHost } from './fleet/inside-host.js';
import { run } from './fleet/network-guest.js';
import { SENDER, WATCHER, datagram, flood, forgeries, marksOf } from './fleet/raw-frames.js';

// Security groups in the kernel of one host: guests behind ports, and what passes between them.
let host: FilteredHost;

const onHost = (name: string, work: () => Promise<void>) => {
  if (isInsideHost) test(name, work);
};

if (!isInsideHost) test('security groups in the kernel of a host', () => runInsideHost(import.meta.filename));
else {
  beforeEach(async () => {
    host = await FilteredHost.open();
  });
  afterEach(() => host.close());
}

const TCP = 6;
const UDP = 17;

onHost('a port is closed to strangers, opened by rules, and what it asks for is answered', async () => {
  const [open, closed] = [newId(), newId()];
  await host.change([group(open, [...outward, rule({}), rule({ ipv6: true })]), group(closed, outward)]);
  const stranger = await host.guest(1, [open]);
  const server = await host.guest(2, [closed]);
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
  await host.change([group(closed, [...outward, ...rules, rule({ protocol: 1, portMin: 8 })])]);
  assert.equal(await stranger.tcp(server.ip, 80, true), true);
  assert.equal(await stranger.tcp(server.ip, 81, false), false);
  assert.equal(await stranger.tcp(server.ip6, 80, false), false, 'the rule is for IPv4');
  assert.equal(await stranger.udp(server.ip, 80, true), true);
  assert.equal(stranger.ping(server.ip), true);
  await host.change([group(closed, [...outward, rule({ ipv6: true, protocol: TCP, portMin: 1, portMax: 65535 })])]);
  assert.equal(await stranger.tcp(server.ip6, 81, true), true);
  assert.equal(await stranger.tcp(server.ip, 80, false), false);
});

onHost('a rule by prefix or by remote group lets in those whom it names', async () => {
  const [ground, web, friends] = [newId(), newId(), newId()];
  await host.change([
    group(ground, [...outward, rule({}), rule({ ipv6: true })]),
    group(web, [...outward, rule({ remotePrefix: '10.9.0.1/32', protocol: TCP, portMin: 80, portMax: 80 })]),
  ]);
  const [one, two] = [await host.guest(1, [ground]), await host.guest(2, [ground, friends])];
  const server = await host.guest(3, [web]);
  await server.listen(80);
  assert.equal(await one.tcp(server.ip, 80, true), true);
  assert.equal(await two.tcp(server.ip, 80, false), false);
  await host.change([
    group(web, [...outward, rule({ remoteGroupId: friends }), rule({ remoteGroupId: friends, ipv6: true })]),
    member(friends, two.nic.portId, two.ip, two.ip6),
  ]);
  assert.equal(await two.tcp(server.ip, 80, true), true);
  assert.equal(await two.tcp(server.ip6, 80, true), true);
  assert.equal(await one.tcp(server.ip, 80, false), false);
  await host.change([member(friends, one.nic.portId, '10.9.0.0/31')]);
  assert.equal(await one.tcp(server.ip, 80, true), true, 'a range, as of an allowed address pair');
  await host.change(
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
  await host.change([
    group(ground, [...outward, rule({}), rule({ ipv6: true })]),
    group(silent, []),
    group(asks, [rule({ ingress: false, protocol: TCP, portMin: 80, portMax: 80 })]),
    group(flat, [rule({ ingress: false, protocol: TCP })], false),
  ]);
  const [server, client] = [await host.guest(1, [ground]), await host.guest(2, [silent])];
  await server.listen(80, 81);
  assert.equal(await client.tcp(server.ip, 80, false), false);
  await host.portOf(client, [silent, asks], []);
  assert.equal(await client.tcp(server.ip, 80, true), true);
  assert.equal(await client.tcp(server.ip, 81, false), false);
  await host.portOf(client, [flat], []);
  assert.equal(await client.tcp(server.ip, 80, false), false, 'the answer is not let in');
  await host.change([
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
  await host.change([group(ground, [...outward, rule({})]), group(web, [...outward, http, other])]);
  const [client, server] = [await host.guest(1, [ground]), await host.guest(2, [web])];
  await server.listen(80, 81);
  const [cut, kept] = [await client.open(server.ip, 80), await client.open(server.ip, 81)];
  await host.change([group(web, [...outward, other])]);
  assert.equal(await client.tcp(server.ip, 80, false), false);
  assert.equal(await client.say(cut, false), false);
  assert.equal(await client.say(kept, true), true);
});

onHost('connections that a move brings along go on at the target, and others do not', async () => {
  const [ground, web] = [newId(), newId()];
  const http = rule({ protocol: TCP, portMin: 80, portMax: 80 });
  await host.change([group(ground, [...outward, rule({})]), group(web, [...outward, http])]);
  const [client, server] = [await host.guest(1, [ground]), await host.guest(2, [web])];
  await server.listen(80);
  const connection = await client.open(server.ip, 80);
  const moved = await host.network.readConnections([server.nic]);
  assert.equal(moved[0].connections.length, 1);
  const zone = await host.zone();
  await forgetConnections(zone);
  assert.equal(await client.say(connection, false), false, 'nobody knows it');
  await host.network.putConnections([server.nic], moved);
  assert.equal(await client.say(connection, true), true);
  await host.network.putConnections([server.nic], moved);
  assert.equal(await client.say(connection, true), true, 'a second time changes nothing');
  await forgetConnections(zone);
  await host.network.putConnections([server.nic], undefined);
  assert.equal(await client.say(connection, false), false, 'the client’s port is strict');
});

onHost('a guest sends with its own addresses and those it is allowed, and reaches nothing of the host', async () => {
  const ground = newId();
  await host.change([group(ground, [...outward, rule({}), rule({ ipv6: true })])]);
  const [honest, liar] = [await host.guest(1, [ground]), await host.guest(2, [ground])];
  assert.equal(liar.ping(honest.ip), true);
  liar.address('10.9.0.77/24');
  liar.address('fd09::77/64');
  const as = (source: string, to: string) => liar.pingFrom(source, to);
  assert.equal(as('10.9.0.77', honest.ip), false);
  assert.equal(as('fd09::77', honest.ip6), false);
  await host.portOf(liar, [ground], [{ mac: liar.nic.mac, addresses: '10.9.0.64/27' }]);
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
    await host.change([group(ground, [...outward, rule({})]), group(web, [...outward, http])]);
    const [client, server] = [await host.guest(1, [ground]), await host.guest(2, [web])];
    await server.listen(80, 81);
    const connection = await client.open(server.ip, 80);
    await host.startAgent();
    await host.reconciler.apply(host.document.all());
    assert.equal(await client.say(connection, true), true);
    assert.equal(await client.tcp(server.ip, 81, false), false);
    const { drift } = host;
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

onHost('forged frames are dropped, also from a port that may send from some other addresses', async () => {
  const ground = newId();
  await host.change([group(ground, [...outward, rule({}), rule({ ipv6: true })])]);
  const [honest, liar] = [await host.guest(1, [ground]), await host.guest(2, [ground])];
  const ends = ({ nic, ip, ip6 }: typeof honest) => ({ mac: nic.mac, ip, ip6 });
  const [from, to] = [ends(liar), ends(honest)];
  const last = [datagram(from, to, 'honest'), datagram(from, to, 'end')];
  const come = async (frames: string[]) => {
    const came = await marksOf(
      () => honest.program('perl', '-e', WATCHER, 'eth0', 'lx-end'),
      () => liar.program('perl', '-e', SENDER, 'eth0', ...frames, ...last),
    );
    return [...came].filter((mark) => mark !== 'lx-end' && mark !== 'lx-honest').sort();
  };
  const stranger = { mac: 'fa:16:3e:00:01:03', ip: '10.9.0.3', ip6: 'fd09::3' };
  const paired = { ...stranger, ip: '10.9.0.77', ip6: 'fd09:0:0:0:7::77' };
  const forged = (other: typeof stranger) => Object.values(forgeries(from, other, to));
  assert.deepEqual(await come([...forged(stranger), ...forged(paired)]), []);
  const pairs = ['10.9.0.64/27', 'fd09:0:0:0:7::/80', '10.9.0.0/30'].map((addresses) => ({ mac: from.mac, addresses }));
  await host.portOf(liar, [ground], pairs.slice(0, 2));
  assert.deepEqual(await come(forged(stranger)), []);
  const allowed = ['arp-of-another', 'foreign-source', 'foreign-source6', 'neighbour-of-another'];
  assert.deepEqual(
    await come(forged(paired)),
    allowed.map((name) => `lx-${name}`),
  );
  await host.portOf(liar, [ground], pairs.slice(2));
  assert.deepEqual(await come([datagram({ ...from, ip: stranger.ip }, to, 'in-range')]), ['lx-in-range']);
  const remembered = () => run('bridge', 'fdb', 'show').split('\n').length;
  const calm = remembered();
  await come(flood(from, to, 2_000));
  assert.equal(remembered(), calm, 'nothing of a flood of MACs is remembered');
});
