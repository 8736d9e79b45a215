import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hostOf } from '#apps/cli/client/compute';
import type { Server } from '#apps/cli/client/compute';
import { SimHost } from '#apps/cli/simhost/sim-host';
import { inside } from './fleet/inside.js';
import { TestFleet } from './fleet/test-fleet.js';

const changes = `set -e
ip link set eth1 mtu 1300
ip addr add 10.99.0.1/32 dev lo
ip addr add 10.99.1.1/24 dev eth1 label eth1:x
ip addr add fd99::1/64 dev eth1 nodad
ip route add 10.98.0.0/16 via 10.99.1.2
ip route add default via 10.99.1.3 table 100
ip route add unreachable 10.97.0.0/16
ip -6 route add fd98::/64 via fd99::2
ip route del default
ip rule add pref 100 from 10.99.1.1 lookup 100
ip -6 rule add pref 200 fwmark 0x1 lookup 101
echo 1 >/proc/sys/net/ipv4/ip_forward
echo 2 >/proc/sys/net/ipv4/conf/eth1/rp_filter
echo 600 >/proc/sys/net/core/somaxconn
`;

const look = `ip -br addr | sed 's/@if[0-9]*//; s/fe80[^ ]*//' | tr -s ' '
ip link show eth1 | grep -o 'mtu [0-9]*'
ip route show table all | grep -v 'proto kernel'
ip -6 route show table all | grep -v 'proto kernel'
ip rule
ip -6 rule
cat /proc/sys/net/ipv4/ip_forward /proc/sys/net/ipv4/conf/eth1/rp_filter /proc/sys/net/core/somaxconn
`;

const ruleset = `table inet guest {
  set known { type ipv4_addr; elements = { 10.99.0.7, 10.99.0.8 }; }
  chain input { type filter hook input priority 0; ip saddr @known tcp dport 9 counter drop comment "of the guest"; }
}`;

test('addresses, routes, rules, settings and filters that a guest has made go along in a live move', async (context) => {
  const fleet = await TestFleet.open();
  context.after(() => fleet.close());
  const { compute, network } = fleet.cloud;
  const { id: second } = await network.ensureNetwork('e2e-guest-network', '10.33.0.0/24');
  const networks = [fleet.networkId, second].map((uuid) => ({ uuid }));
  const server = await fleet.running('e2e-guest-network', 'debian', { networks });
  await inside(fleet, server, '/bin/sh', '-c', changes);
  await nft(fleet, server, ruleset);
  const before = await seen(fleet, server);
  assert.match(before, /of the guest/);
  const home = hostOf(server);
  await inside(fleet, server, 'ip', 'link', 'add', 'br9', 'type', 'bridge');
  await assert.rejects(compute.liveMigrate(server.id), /br9 \(bridge\) was made .*remove it/);
  await inside(fleet, server, 'ip', 'link', 'del', 'br9');
  await compute.movesLive(server.id);
  assert.equal(await seen(fleet, server), before);
  await compute.movesLive(server.id, home);
  assert.equal(await seen(fleet, server), before);
  await fleet.remove(server.id);
  await fleet.assertAudited();
});

async function seen(fleet: TestFleet, server: Server): Promise<string> {
  const shown = await inside(fleet, server, '/bin/sh', '-c', look);
  return `${shown}\n${await nft(fleet, server)}`;
}

/**
 * Runs the host's nft in the guest's network namespace, because the guest has none. Lists the rules, or adds `rules`.
 */
async function nft(fleet: TestFleet, server: Server, rules?: string): Promise<string> {
  const host = hostOf(await fleet.cloud.compute.show(server.id));
  const attach = [
    'lxc-attach',
    '-n',
    server.id,
    '-P',
    '/var/lib/lxstack-agent/instances',
    '-s',
    'NETWORK',
    '--',
    'nft',
  ];
  return new SimHost(fleet.local.layout, host, '').run([...attach, ...(rules ? [rules] : ['list', 'ruleset'])]);
}
