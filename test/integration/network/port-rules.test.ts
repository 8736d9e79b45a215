import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { addressesOf, NetworkFace, refused } from '../support/network-face.js';
import { items, text } from '../support/openstack-faces.js';
import type { Person } from '../support/openstack-faces.js';

let face: NetworkFace;
let admin: string;
let ben: Person;

before(async () => {
  face = await NetworkFace.start();
  ({ admin, ben } = face);
});
after(() => face.close());

test('device_id is a label on a port that is no NIC, and read-only on a NIC, which cannot be deleted: 409', async () => {
  const network_id = await face.networkWith('10.0.0.0/24');
  const device = { device_id: '11111111-1111-4111-8111-111111111111', device_owner: 'compute:nova' };
  const labelled = await face.made('port', { network_id, ...device });
  const plain = await face.made('port', { network_id });
  const put = await face.ask('PUT', `/ports/${text(plain.id)}`, { port: device });
  assert.equal(put.status, 200, put.text);
  for (const { id } of [labelled, plain]) {
    const { body } = await face.ask('GET', `/ports/${text(id)}`);
    assert.equal(body.port!.device_id, device.device_id);
    const [row] = await face.faces.database.query<{ instance_id: null }[]>(
      'SELECT instance_id FROM ports WHERE id = $1',
      [text(id)],
    );
    assert.equal(row!.instance_id, null);
  }

  const path = `/ports/${text(plain.id)}`;
  await face.faces.database.query('UPDATE ports SET instance_id = device_id::uuid WHERE id = $1', [text(plain.id)]);
  for (const change of [{ device_owner: '' }, { device_id: '' }, { device_id: 'x' }])
    refused(await face.ask('PUT', path, { port: change }), 409, 'PortInUse');
  refused(await face.ask('DELETE', path), 409, 'PortInUse');
  assert.equal((await face.ask('PUT', path, { port: { ...device, name: 'eth' } })).body.port!.name, 'eth');
  refused(
    await face.ask('POST', '/ports', { port: { network_id, fixed_ips: plain.fixed_ips } }),
    409,
    'IpAddressInUse',
  );
});

test('on a shared network a port takes what it is given; its owner and an admin choose: 403 for others', async () => {
  const { id: network_id } = await face.made('network', { name: 'lobby', shared: true }, admin);
  await face.made('subnet', { network_id, cidr: '10.0.0.0/24' }, admin);
  const [subnet] = items((await face.ask('GET', `/subnets?network_id=${text(network_id)}`)).body.subnets);
  const choices: [object, RegExp][] = [
    [{ mac_address: 'fa:16:3e:00:00:01' }, /create_port:mac_address/],
    [{ fixed_ips: [{ ip_address: '10.0.0.1' }] }, /create_port:fixed_ips:ip_address/],
    [{ fixed_ips: [{ subnet_id: subnet!.id, ip_address: '10.0.0.7' }] }, /create_port:fixed_ips:ip_address/],
    [{ port_security_enabled: false }, /create_port:port_security_enabled/],
    [{ device_owner: 'network:router_interface' }, /create_port:device_owner/],
    [{ device_owner: 'Network:dhcp' }, /create_port:device_owner/],
    [{ device_owner: 'NETWORK:' }, /create_port:device_owner/],
  ];
  for (const [choice, rule] of choices)
    refused(await face.ask('POST', '/ports', { port: { network_id, ...choice } }), 403, 'PolicyNotAuthorized', rule);
  const port = await face.made('port', { network_id, fixed_ips: [{ subnet_id: subnet!.id }], device_owner: 'mine' });
  const path = `/ports/${text(port.id)}`;
  for (const change of [
    { port_security_enabled: false },
    { device_owner: 'network:dhcp' },
    { device_owner: 'Network:dhcp' },
    { 'binding:host_id': '' },
  ])
    refused(await face.ask('PUT', path, { port: change }), 403, 'PolicyNotAuthorized', /update_port/);
  assert.equal((await face.ask('PUT', path, { port: { device_owner: '', admin_state_up: false } })).status, 200);
  const chosen = { mac_address: 'fa:16:3e:00:00:01', fixed_ips: [{ ip_address: '10.0.0.7' }] };
  await face.made('port', { network_id, ...chosen, port_security_enabled: false, device_owner: 'network:dhcp' }, admin);
  await face.made('port', {
    network_id: await face.networkWith('10.0.0.0/24'),
    ...chosen,
    port_security_enabled: false,
  });
});

test('a port belongs to the project that an admin names, a subnet too; nobody else names another: 403', async () => {
  const network_id = await face.networkWith('10.0.0.0/24');
  const foreign = { network_id, project_id: ben.projectId };
  refused(await face.ask('POST', '/ports', { port: foreign }), 403, 'PolicyNotAuthorized', /project_id/);
  const v6 = { ...foreign, cidr: 'fd00::/64' };
  refused(await face.ask('POST', '/subnets', { subnet: v6 }), 403, 'PolicyNotAuthorized', /project/);
  await face.made('port', { network_id, tenant_id: face.anna.projectId });
  const port = await face.made('port', foreign, admin);
  assert.equal(port.project_id, ben.projectId);
  assert.equal((await face.ask('GET', `/ports/${text(port.id)}`, undefined, ben.token)).status, 200);
  refused(await face.ask('PUT', `/ports/${text(port.id)}`, { port: { project_id: 'x' } }, admin), 400, 'InvalidInput');
  refused(
    await face.ask('PUT', `/networks/${network_id}`, { network: { tenant_id: 'x' } }, admin),
    400,
    'InvalidInput',
  );
});

test('an address that is no port is refused at the port: 400', async () => {
  const network_id = await face.networkWith('10.0.0.0/24', 'fd00::/64');
  for (const ip_address of ['10.0.0.0', '10.0.0.255', '10.0.0.1', '10.0.1.7', 'fd00::', 'fd00::1', '010.0.0.7']) {
    const answer = await face.ask('POST', '/ports', { port: { network_id, fixed_ips: [{ ip_address }] } });
    refused(answer, 400, 'InvalidInput', /fixed_ips|ip_address/);
  }
  for (const mac_address of [
    '00:00:00:00:00:00',
    'ff:ff:ff:ff:ff:ff',
    '01:00:5e:00:00:01',
    '33:33:00:00:00:01',
    'fa16:3e',
  ])
    refused(
      await face.ask('POST', '/ports', { port: { network_id, mac_address } }),
      400,
      'InvalidInput',
      /mac_address/,
    );
  await face.made('port', { network_id, fixed_ips: [{ ip_address: '10.0.0.254' }], mac_address: '02:00:00:00:00:01' });
});

test('subnets that no guest can live in are refused: 400', async () => {
  const network_id = await face.networkWith();
  for (const cidr of ['224.0.0.0/24', '127.0.0.0/24', '240.0.0.0/8', 'ff00::/8', '0.0.0.0/1', '::/64', 'fe80::/64'])
    refused(await face.ask('POST', '/subnets', { subnet: { network_id, cidr } }), 400, 'InvalidInput', /cidr/);
  const wrong: [object, RegExp][] = [
    [{ gateway_ip: '10.0.0.0' }, /gateway_ip/],
    [{ gateway_ip: '10.0.0.255' }, /gateway_ip/],
    [{ host_routes: [{ destination: '10.9.0.0/16', nexthop: '10.0.1.1' }] }, /host_routes\.nexthop/],
    [{ host_routes: [{ destination: 'fd00::/64', nexthop: '10.0.0.9' }] }, /host_routes\.destination/],
    [{ host_routes: [{ destination: '10.9.0.0/16', nexthop: '10.0.0.9', mtu: 9 }] }, /host_routes\.0\.mtu/],
    [{ dns_nameservers: ['2001:db8::53'] }, /dns_nameservers/],
  ];
  for (const [more, names] of wrong)
    refused(
      await face.ask('POST', '/subnets', { subnet: { network_id, cidr: '10.0.0.0/24', ...more } }),
      400,
      'InvalidInput',
      names,
    );
  const routes = [{ destination: '0.0.0.0/0', nexthop: '10.0.0.9' }];
  const subnet = await face.made('subnet', { network_id, cidr: '10.0.0.0/24', host_routes: routes });
  assert.deepEqual(subnet.host_routes, routes);
  const path = `/subnets/${text(subnet.id)}`;
  const away = { host_routes: [{ destination: '10.9.0.0/16', nexthop: '10.0.1.1' }] };
  refused(await face.ask('PUT', path, { subnet: away }), 400, 'InvalidInput', /host_routes\.nexthop/);
});

test('a gateway is not put onto the address of a port: 409', async () => {
  const { id: network_id } = await face.made('network', {});
  const pools = [{ start: '10.0.0.100', end: '10.0.0.200' }];
  const subnet = await face.made('subnet', { network_id, cidr: '10.0.0.0/24', allocation_pools: pools });
  const path = `/subnets/${text(subnet.id)}`;
  const [taken] = addressesOf(await face.made('port', { network_id }));
  await face.made('port', { network_id, fixed_ips: [{ ip_address: '10.0.0.9' }] });
  for (const gateway_ip of [taken!, '10.0.0.9'])
    refused(await face.ask('PUT', path, { subnet: { gateway_ip } }), 409, 'IpAddressInUse', /in use/);
  refused(await face.ask('PUT', path, { subnet: { gateway_ip: '10.0.0.255' } }), 400, 'InvalidInput', /gateway_ip/);
  const changed = await face.ask('PUT', path, { subnet: { gateway_ip: '10.0.0.10', dns_nameservers: ['10.0.0.53'] } });
  assert.equal(changed.body.subnet!.gateway_ip, '10.0.0.10');
  const there = { port: { network_id, fixed_ips: [{ ip_address: '10.0.0.10' }] } };
  refused(await face.ask('POST', '/ports', there), 400, 'InvalidInput', /gateway/);
});

test('a port that is taken down is DOWN, shown and listed so, and what it was once it is up again', async () => {
  const network_id = await face.networkWith('10.0.0.0/24');
  const id = text((await face.made('port', { network_id, name: 'nic' })).id);
  const plugged = (status: string) =>
    face.faces.database.query('UPDATE ports SET status = $2 WHERE id = $1', [id, status]);
  const seen = async () => {
    const shown = text((await face.ask('GET', `/ports/${id}`)).body.port!.status);
    const listed = items(
      (await face.ask('GET', `/ports?status=${shown}&name=nic&network_id=${network_id}`)).body.ports!,
    );
    assert.deepEqual(
      listed.map((port) => [text(port.id), text(port.status)]),
      [[id, shown]],
    );
    return shown;
  };
  const taken = async (admin_state_up: boolean) =>
    text((await face.ask('PUT', `/ports/${id}`, { port: { admin_state_up } })).body.port!.status);
  await plugged('ACTIVE');
  assert.equal(await seen(), 'ACTIVE');
  assert.equal(await taken(false), 'DOWN');
  assert.equal(await seen(), 'DOWN');
  assert.equal(await taken(true), 'ACTIVE');
  await plugged('ERROR');
  assert.equal(await taken(false), 'ERROR');
});
