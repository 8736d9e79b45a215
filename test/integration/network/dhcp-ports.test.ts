import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { DhcpPorts1765400000000 } from '../../../migrations/1765400000000-dhcp-ports.js';
import { HostFacts } from '#libs/networking/desired-state/host-facts';
import { items, text } from '../support/openstack-faces.js';
import { addressesOf, NetworkFace, refused } from '../support/network-face.js';

let face: NetworkFace;
before(async () => {
  face = await NetworkFace.start();
});
after(() => face.close());

const dhcpPorts = async (networkId: string) =>
  items((await face.ask('GET', `/ports?network_id=${networkId}&device_owner=network:dhcp`)).body.ports);
const subnetOf = async (networkId: string, cidr: string) => {
  const query = `network_id=${networkId}&cidr=${encodeURIComponent(cidr)}`;
  return text(items((await face.ask('GET', `/subnets?${query}`)).body.subnets)[0]!.id);
};
/** What hosts are told: the address from which each subnet is served. */
const told = async (subnetId: string) => (await new HostFacts(face.faces.database).subnets([subnetId]))[0]!.dhcpAddress;

test('a network has one DHCP port, with the lowest address of each subnet with DHCP, and hosts are told of it', async () => {
  const network_id = await face.networkWith('10.0.0.0/24', '10.0.1.0/24');
  await face.made('subnet', { network_id, cidr: '10.0.2.0/24', enable_dhcp: false });
  const [port, ...others] = await dhcpPorts(network_id);
  assert.equal(others.length, 0);
  assert.deepEqual(addressesOf(port!), ['10.0.0.2', '10.0.1.2']);
  const { project_id, status, port_security_enabled, device_id, security_groups } = port!;
  assert.deepEqual(
    { project_id, status, port_security_enabled, device_id, security_groups },
    {
      ...{ project_id: face.anna.projectId, status: 'ACTIVE', port_security_enabled: false, security_groups: [] },
      device_id: `dhcp-${network_id}`,
    },
  );
  assert.equal(await told(await subnetOf(network_id, '10.0.1.0/24')), '10.0.1.2');
  assert.equal(await told(await subnetOf(network_id, '10.0.2.0/24')), null);
});

test('its addresses follow enable_dhcp and the subnets, and each change is written into the log of desired state', async () => {
  const network_id = await face.networkWith('10.0.0.0/24', '10.0.1.0/24');
  const [first, second] = [await subnetOf(network_id, '10.0.0.0/24'), await subnetOf(network_id, '10.0.1.0/24')];
  const logged = async () => {
    const rows = await face.faces.database.query<unknown[]>(
      `SELECT 1 FROM desired_state_changes WHERE kind = 'subnet' AND resource_id = $1`,
      [first],
    );
    return rows.length;
  };
  const change = (id: string, enable_dhcp: boolean) => face.ask('PUT', `/subnets/${id}`, { subnet: { enable_dhcp } });
  const before = await logged();
  await change(second, false);
  assert.deepEqual(addressesOf((await dhcpPorts(network_id))[0]!), ['10.0.0.2']);
  assert.ok((await logged()) > before, 'a change of the port is one of every subnet of the network');
  await change(first, false);
  assert.deepEqual(await dhcpPorts(network_id), []);
  assert.equal(await told(first), null);
  await change(second, true);
  assert.deepEqual(addressesOf((await dhcpPorts(network_id))[0]!), ['10.0.1.2']);
  assert.equal((await face.ask('DELETE', `/subnets/${second}`)).status, 204);
  assert.deepEqual(await dhcpPorts(network_id), []);
  await change(first, true);
  assert.equal((await face.ask('DELETE', `/networks/${network_id}`)).status, 204);
  assert.deepEqual(await dhcpPorts(network_id), []);
});

test('it is nobody else’s, and comes again where it is deleted', async () => {
  const network_id = await face.networkWith('10.0.0.0/24');
  const [port] = await dhcpPorts(network_id);
  const path = `/ports/${text(port!.id)}`;
  refused(await face.ask('PUT', path, { port: { device_id: 'mine' } }), 409, 'PortInUse');
  assert.equal((await face.ask('PUT', path, { port: { name: 'dhcp' } })).status, 200);
  const router = await face.made('router', {});
  const join = { port_id: port!.id };
  refused(await face.ask('PUT', `/routers/${text(router.id)}/add_router_interface`, join), 409, 'PortInUse');
  const mac = { network_id: await face.networkWith(), mac_address: text(port!.mac_address) };
  refused(await face.ask('POST', '/ports', { port: mac }), 409, 'MacAddressInUse');
  assert.equal((await face.ask('DELETE', path)).status, 204);
  const [again] = await dhcpPorts(network_id);
  assert.notEqual(again!.id, port!.id);
  assert.deepEqual(addressesOf(again!), ['10.0.0.2']);
});

test('a subnet whose pool is full goes without', async () => {
  const { id: network_id } = await face.made('network', {});
  const pool = { allocation_pools: [{ start: '10.0.0.9', end: '10.0.0.9' }], enable_dhcp: false };
  const subnet = await face.made('subnet', { network_id, cidr: '10.0.0.0/24', ...pool });
  await face.made('port', { network_id });
  const path = `/subnets/${text(subnet.id)}`;
  assert.equal((await face.ask('PUT', path, { subnet: { enable_dhcp: true } })).status, 200);
  assert.deepEqual(await dhcpPorts(text(network_id)), []);
});

test('networks from before there were DHCP ports get theirs by the migration', async () => {
  const network_id = await face.networkWith('10.0.0.0/24', 'fd00::/64');
  const full = await face.networkWith();
  const pool = { allocation_pools: [{ start: '10.0.0.9', end: '10.0.0.9' }], enable_dhcp: false };
  const subnet = await face.made('subnet', { network_id: full, cidr: '10.0.0.0/24', ...pool });
  await face.made('port', { network_id: full });
  const runner = face.faces.database.createQueryRunner();
  const migration = new DhcpPorts1765400000000();
  await migration.down(runner);
  const own = await runner.query(
    `INSERT INTO ports (id, project_id, network_id, mac_address, fixed_ips) VALUES (gen_random_uuid(), 'p', $1, 'fa:16:3e:00:00:09', '[]')
     RETURNING id`,
    [network_id],
  );
  const taken = `INSERT INTO ip_allocations (subnet_id, ip_address, port_id) VALUES ($1, '10.0.0.2', $2)`;
  await runner.query(taken, [await subnetOf(network_id, '10.0.0.0/24'), (own as { id: string }[])[0]!.id]);
  await runner.query('UPDATE subnets SET enable_dhcp = true WHERE id = $1', [subnet.id]);
  await migration.up(runner);
  await runner.release();
  assert.deepEqual(addressesOf((await dhcpPorts(network_id))[0]!), ['10.0.0.3', 'fd00::2']);
  refused(
    await face.ask('POST', '/ports', { port: { network_id, fixed_ips: [{ ip_address: '10.0.0.3' }] } }),
    409,
    'IpAddressInUse',
  );
  assert.deepEqual(await dhcpPorts(full), []);
});
