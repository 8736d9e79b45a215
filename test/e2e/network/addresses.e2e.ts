import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { TestContext } from 'node:test';
import type { Server } from '#apps/cli/client/compute';
import { inside } from '../fleet/inside.js';
import { TestFleet } from '../fleet/test-fleet.js';

const NEUTRON = '/networking/v2.0';
/** A client that says what it was given, on the standard output. */
const SAYS = '#!/bin/sh\nenv >/tmp/given-$1\n';

interface Port {
  id: string;
  mac_address: string;
  fixed_ips: { subnet_id: string; ip_address: string }[];
}

let fleet: TestFleet;
before(async () => {
  fleet = await TestFleet.open();
});
after(() => fleet.close());

const sh = async (server: Server, script: string) => (await inside(fleet, server, '/bin/sh', '-c', script)).trim();

/** Makes the thing, and deletes it when the test has ended. */
async function post(context: TestContext, kind: 'network' | 'subnet' | 'router', fields: object): Promise<string> {
  const { api } = fleet.cloud;
  const made = await api.call<Record<string, { id: string }>>('POST', `${NEUTRON}/${kind}s`, { [kind]: fields });
  const { id } = made[kind]!;
  if (kind !== 'subnet') context.after(() => api.call('DELETE', `${NEUTRON}/${kind}s/${id}`));
  return id;
}

const portsOf = async (query: string): Promise<Port[]> =>
  (await fleet.cloud.api.call<{ ports: Port[] }>('GET', `${NEUTRON}/ports?${query}`)).ports;

test('a lease is from the DHCP port, with all that the subnet says, and is renewed at the host that a live move leads to', async (context) => {
  const { compute, events } = fleet.cloud;
  const network_id = await post(context, 'network', { name: 'e2e-addresses', mtu: 1400 });
  const more = { dns_nameservers: ['192.0.2.53'], host_routes: [{ destination: '10.9.0.0/16', nexthop: '10.42.0.9' }] };
  await post(context, 'subnet', { network_id, ip_version: 4, cidr: '10.42.0.0/24', ...more });
  const [dhcp] = await portsOf(`network_id=${network_id}&device_owner=network:dhcp`);
  const [{ ip_address: server }] = dhcp!.fixed_ips as [Port['fixed_ips'][number]];
  assert.equal(server, '10.42.0.2');

  const created = await fleet.create('e2e-addresses', 'busybox', { networks: [{ uuid: network_id }] });
  const guest = await compute.settled(created, 'ACTIVE');
  const [nic] = await portsOf(`device_id=${guest.id}`);
  await sh(guest, `printf '${SAYS.replaceAll('\n', '\\n')}' >/bin/says && chmod 755 /bin/says`);
  /** What the client's script was given; busybox asks for option 121 where it is told to. */
  const given = (event: string) =>
    events.until(guest.id, `a lease is ${event}`, 60_000, async () => {
      const lines = (await sh(guest, `cat /tmp/given-${event} 2>/dev/null || true`)).split('\n');
      const fields = Object.fromEntries(lines.map((line) => line.split('=') as [string, string]));
      return fields.lease ? fields : undefined;
    });
  // It runs on, so that its lease is renewed as a guest's is.
  await sh(guest, 'udhcpc -i eth0 -O staticroutes -O mtu -p /tmp/pid -s /bin/says >/dev/null 2>&1 </dev/null');
  const expected = {
    ...{ ip: nic!.fixed_ips[0]!.ip_address, serverid: server, siaddr: server, mask: '24', lease: '86400', mtu: '1400' },
    ...{ router: '10.42.0.1', dns: '192.0.2.53', hostname: 'e2e-addresses' },
    staticroutes: '10.9.0.0/16 10.42.0.9 169.254.169.254/32 0.0.0.0 0.0.0.0/0 10.42.0.1',
  };
  const bound = await given('bound');
  assert.deepEqual(Object.fromEntries(Object.keys(expected).map((key) => [key, bound[key]])), expected);

  const renewed = async () => {
    await sh(guest, 'rm -f /tmp/given-renew; kill -USR1 $(cat /tmp/pid)');
    assert.equal((await given('renew')).serverid, server);
    await sh(guest, `ping -c 1 -W 5 ${server}`);
  };
  await renewed();
  await compute.movesLive(guest.id);
  await renewed();
  await fleet.remove(guest.id);
  await fleet.assertAudited();
});
