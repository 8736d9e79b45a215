import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hostOf } from '#apps/cli/client/compute';
import { inside } from './fleet/inside.js';
import { TestFleet } from './fleet/test-fleet.js';

const SUBNETS = '/networking/v2.0/subnets';

/** A network with a subnet that has these settings. */
async function networkWith(
  fleet: TestFleet,
  name: string,
  settings: object,
): Promise<{ id: string; subnetId: string }> {
  const { api } = fleet.cloud;
  const { network } = await api.call<{ network: { id: string } }>('POST', '/networking/v2.0/networks', {
    network: { name },
  });
  const wanted = { network_id: network.id, ip_version: 4, cidr: '10.37.0.0/24', ...settings };
  const { subnet } = await api.call<{ subnet: { id: string } }>('POST', SUBNETS, { subnet: wanted });
  return { id: network.id, subnetId: subnet.id };
}

test("a guest has the subnet's name servers and no others; a changed gateway rewrites no route of a guest that moves", async (context) => {
  const fleet = await TestFleet.open();
  context.after(() => fleet.close());
  const { api, compute, events } = fleet.cloud;
  const { id, subnetId } = await networkWith(fleet, 'e2e-subnet-settings', { dns_nameservers: ['10.37.0.53'] });
  context.after(() => api.call('DELETE', `/networking/v2.0/networks/${id}`));
  // The guest asks DHCP on its first NIC; the client reaches it by the second.
  const networks = [id, fleet.networkId].map((uuid) => ({ uuid }));
  const created = await fleet.create('e2e-subnet-settings', 'debian', { networks });
  const server = await compute.settled(created, 'ACTIVE');
  const shell = async (script: string) => (await inside(fleet, server, '/bin/sh', '-c', script)).trim();
  await events.until(server.id, 'DHCP has been asked', 120_000, async () =>
    (await shell('systemctl is-active dhcp-settings.service || true')) === 'active' ? true : undefined,
  );
  assert.equal(await shell('cat /etc/resolv.conf'), 'nameserver 10.37.0.53');
  assert.equal(await shell('hostname'), 'e2e-subnet-settings');

  const route = await shell('ip route show default');
  assert.match(route, /^default via 10\.37\.0\.1 dev eth0/);
  await api.call('PUT', `${SUBNETS}/${subnetId}`, { subnet: { gateway_ip: null } });
  await compute.movesLive(server.id);
  assert.equal(await shell('ip route show default'), route, 'kept where the subnet has no gateway any more');
  await api.call('PUT', `${SUBNETS}/${subnetId}`, { subnet: { gateway_ip: '10.37.0.1' } });
  await shell('ip route del default');
  await compute.movesLive(server.id, hostOf(server));
  assert.equal(await shell('ip route show default'), '', 'none where the guest has none');
  await fleet.remove(server.id);
  await fleet.assertAudited();
});
