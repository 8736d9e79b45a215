import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hostOf } from '#apps/cli/client/compute';
import type { Server } from '#apps/cli/client/compute';
import { TestFleet } from './fleet/test-fleet.js';

const NEUTRON = '/networking/v2.0';

test('what changes of a subnet reaches every host that has the network, also one where nothing is plugged or started', async (context) => {
  const fleet = await TestFleet.open();
  context.after(() => fleet.close());
  const { api, compute, events } = fleet.cloud;
  const made = await api.call<{ network: { id: string } }>('POST', `${NEUTRON}/networks`, {
    network: { name: 'e2e-third-host' },
  });
  const { id } = made.network;
  context.after(() => api.call('DELETE', `${NEUTRON}/networks/${id}`));
  const allocation_pools = [{ start: '10.38.0.100', end: '10.38.0.200' }];
  const wanted = { network_id: id, ip_version: 4, cidr: '10.38.0.0/24', allocation_pools };
  await api.call('POST', `${NEUTRON}/subnets`, { subnet: wanted });
  const shown = await api.call<{ network: { 'provider:segmentation_id': number; subnets: string[] } }>(
    'GET',
    `${NEUTRON}/networks/${id}`,
  );
  const vni = shown.network['provider:segmentation_id'];
  const change = (subnet: object) => api.call('PUT', `${NEUTRON}/subnets/${shown.network.subnets[0]}`, { subnet });
  const servers: Server[] = [];
  for (const [n, host] of fleet.local.hosts.entries()) {
    const where = { availability_zone: `nova:${host}`, networks: [{ uuid: id }] };
    servers.push(await compute.settled(await fleet.create(`e2e-third-host-${n}`, 'busybox', where), 'ACTIVE'));
  }
  assert.equal(new Set(servers.map(hostOf)).size, 3);
  const third = servers[2]!;
  await compute.act(third.id, { 'os-stop': null });
  await compute.settled(third.id, 'SHUTOFF');

  /** The options of the network's DHCP server on the server's host. */
  const dhcp = (server: Server) => {
    const script = `pid=$(cat /var/lib/lxstack-agent/dhcp/lxd${vni}/pid) && tr '\\0' '\\n' < /proc/$pid/cmdline`;
    return fleet.local.runOn(hostOf(server), ['/bin/sh', '-c', script]).catch(() => 'none');
  };
  const everywhere = async (what: string, wanted: RegExp) => {
    for (const server of servers) {
      let last = '';
      await events
        .until(server.id, what, 120_000, async () => (wanted.test((last = await dhcp(server))) ? true : undefined))
        .catch((error: Error) => assert.fail(`${error.message}: on ${hostOf(server)} there was ${last}`));
    }
  };
  await change({ dns_nameservers: ['192.0.2.38'] });
  await everywhere('the name server', /dns-server,192\.0\.2\.38/);
  await change({ gateway_ip: '10.38.0.9' });
  await everywhere('the gateway', /router,10\.38\.0\.9/);
  await change({ enable_dhcp: false });
  await everywhere('no DHCP', /^none/);
  await change({ enable_dhcp: true, gateway_ip: '10.38.0.1', dns_nameservers: ['192.0.2.39'] });
  await everywhere('DHCP again', /router,10\.38\.0\.1\n/);
  await everywhere('with the new name server', /dns-server,192\.0\.2\.39/);
  await compute.act(third.id, { 'os-start': null });
  await compute.settled(third.id, 'ACTIVE');
  await everywhere('nothing else after a start', /dns-server,192\.0\.2\.39/);
  await fleet.remove(...servers.map((server) => server.id));
  await fleet.assertAudited();
});
