import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { items, text } from '../support/openstack-faces.js';
import type { Person } from '../support/openstack-faces.js';
import { addressesOf, NetworkFace, refused } from '../support/network-face.js';

let face: NetworkFace;
let admin: string;
let ben: Person;

before(async () => {
  face = await NetworkFace.start();
  ({ admin, ben } = face);
});
after(() => face.close());

const router = async (fields: object = {}, token?: string) => text((await face.made('router', fields, token)).id);
const subnetOn = async (cidr: string, fields: object = {}) => {
  const { id: network_id } = await face.made('network', { name: 'net' });
  const subnet = await face.made('subnet', { network_id, cidr, ...fields });
  return { networkId: text(network_id), subnetId: text(subnet.id) };
};
const add = (id: string, body: object, token?: string) =>
  face.ask('PUT', `/routers/${id}/add_router_interface`, body, token);
const remove = (id: string, body: object) => face.ask('PUT', `/routers/${id}/remove_router_interface`, body);

test('a router shows what Neutron shows of a distributed one', async () => {
  const made = await face.made('router', { name: 'r', description: 'd', admin_state_up: false });
  const { id, created_at, updated_at, project_id, tenant_id, ...fields } = made;
  assert.ok(id && created_at && updated_at && project_id === tenant_id);
  assert.deepEqual(fields, {
    name: 'r',
    description: 'd',
    status: 'ACTIVE',
    admin_state_up: false,
    external_gateway_info: null,
    routes: [],
    flavor_id: null,
    availability_zones: ['nova'],
    availability_zone_hints: [],
    revision_number: 1,
    tags: [],
  });
  const { body } = await face.ask('GET', `/routers/${text(id)}`, undefined, admin);
  assert.equal(body.router!.distributed, true);
  assert.equal(body.router!.ha, false);
});

test('a router of another project is not there', async () => {
  const id = await router();
  for (const [method, path, body] of [
    ['GET', '', undefined],
    ['PUT', '', { router: { name: 'mine' } }],
    ['DELETE', '', undefined],
    ['PUT', '/add_router_interface', { subnet_id: id }],
  ] as const)
    refused(await face.ask(method, `/routers/${id}${path}`, body, ben.token), 404, 'RouterNotFound');
  assert.deepEqual((await face.ask('GET', `/routers?id=${id}`, undefined, ben.token)).body.routers, []);
});

test('a subnet joined to a router gives it a port with the gateway address, and takes it away again', async () => {
  const id = await router();
  const { networkId, subnetId } = await subnetOn('10.1.0.0/24');
  const added = await add(id, { subnet_id: subnetId });
  assert.equal(added.status, 200, added.text);
  assert.equal(added.body.subnet_id, subnetId);
  assert.equal(added.body.network_id, networkId);
  const portId = text(added.body.port_id);
  const { port } = (await face.ask('GET', `/ports/${portId}`)).body;
  assert.deepEqual(addressesOf(port!), ['10.1.0.1']);
  assert.deepEqual([port!.device_owner, port!.device_id, port!.status], ['network:router_interface', id, 'ACTIVE']);
  refused(await face.ask('DELETE', `/ports/${portId}`), 409, 'ServicePortInUse');
  refused(await face.ask('PUT', `/ports/${portId}`, { port: { device_id: '' } }), 409, 'PortInUse');
  refused(await face.ask('DELETE', `/routers/${id}`), 409, 'RouterInUse');
  refused(await face.ask('DELETE', `/subnets/${subnetId}`), 409, 'SubnetInUse');
  refused(
    await face.ask('PUT', `/subnets/${subnetId}`, { subnet: { gateway_ip: '10.1.0.254' } }),
    409,
    'GatewayIpInUse',
  );
  refused(await add(id, { subnet_id: subnetId }), 400, 'InvalidInput');
  const removed = await remove(id, { subnet_id: subnetId });
  assert.deepEqual([removed.status, removed.body.port_id], [200, portId]);
  refused(await face.ask('GET', `/ports/${portId}`), 404, 'PortNotFound');
  refused(await remove(id, { subnet_id: subnetId }), 404, 'RouterInterfaceNotFoundForSubnet');
  assert.equal((await face.ask('DELETE', `/routers/${id}`)).status, 204);
});

test('a port becomes an interface with the addresses that it has', async () => {
  const id = await router();
  const { networkId, subnetId } = await subnetOn('10.2.0.0/24');
  const fixed_ips = [{ subnet_id: subnetId, ip_address: '10.2.0.7' }];
  const port = await face.made('port', { network_id: networkId, fixed_ips });
  assert.equal((await add(id, { port_id: port.id })).status, 200);
  refused(await add(await router(), { port_id: port.id }), 409, 'PortInUse');
  refused(await remove(id, { port_id: port.id, subnet_id: id }), 409, 'SubnetMismatchForPort');
  assert.equal((await remove(id, { port_id: port.id })).status, 200);
  refused(await remove(id, { port_id: port.id }), 404, 'RouterInterfaceNotFound');
});

test('subnets that overlap, that have no gateway, or that are named with a port are refused', async () => {
  const id = await router();
  const [one, two, none] = [
    await subnetOn('10.3.0.0/16'),
    await subnetOn('10.3.1.0/24'),
    await subnetOn('10.4.0.0/24', { gateway_ip: null }),
  ];
  assert.equal((await add(id, { subnet_id: one.subnetId })).status, 200);
  refused(await add(id, { subnet_id: two.subnetId }), 400, 'InvalidInput', /overlaps/);
  refused(await add(id, { subnet_id: none.subnetId }), 400, 'InvalidInput', /gateway/);
  refused(await add(id, {}), 400, 'InvalidInput', /subnet_id/);
  refused(await add(id, { subnet_id: two.subnetId, port_id: id }), 400, 'InvalidInput', /either/);
  refused(await add(id, { subnet_id: id }), 404, 'SubnetNotFound');
});

test("the gateway address of somebody else's network is the owner's to give away", async () => {
  const { id: network_id } = await face.made('network', { name: 'all', shared: true }, admin);
  const subnet = await face.made('subnet', { network_id, cidr: '10.5.0.0/24' }, admin);
  const id = await router({}, ben.token);
  refused(await add(id, { subnet_id: subnet.id }, ben.token), 403, 'PolicyNotAuthorized');
  const port = await face.made('port', { network_id }, ben.token);
  assert.equal((await add(id, { port_id: port.id }, ben.token)).status, 200);
});

test('extra routes lead to addresses of the router’s subnets, and keep their interface', async () => {
  const id = await router();
  const { subnetId } = await subnetOn('10.6.0.0/24');
  await add(id, { subnet_id: subnetId });
  const put = (routes: object[] | null) => face.ask('PUT', `/routers/${id}`, { router: { routes } });
  const via = (nexthop: string, destination = '10.99.0.0/16') => ({ destination, nexthop });
  for (const wrong of [via('10.7.0.9'), via('10.6.0.1'), via('10.6.0.9', 'fd00::/64'), via('x'), via('10.6.0.9', 'y')])
    refused(await put([wrong]), 400, 'InvalidInput');
  const set = await put([via('10.6.0.9', '10.99.1.2/16')]);
  assert.deepEqual(set.body.router!.routes, [via('10.6.0.9')]);
  refused(await remove(id, { subnet_id: subnetId }), 409, 'RouterInterfaceInUseByRoute');
  const more = (action: string, routes: object[]) =>
    face.ask('PUT', `/routers/${id}/${action}`, { router: { routes } });
  const added = await more('add_extraroutes', [via('10.6.0.9'), via('10.6.0.8', '10.98.0.0/16')]);
  assert.equal(items(added.body.router!.routes).length, 2);
  const left = await more('remove_extraroutes', [via('10.6.0.9')]);
  assert.deepEqual(left.body.router!.routes, [via('10.6.0.8', '10.98.0.0/16')]);
  assert.deepEqual((await put(null)).body.router!.routes, []);
});

test('what routers cannot be is refused by name', async () => {
  const cases: [object, RegExp][] = [
    [{ external_gateway_info: { network_id: '6b4b4c5e-0000-4000-8000-000000000000' } }, /external/],
    [{ distributed: false }, /distributed/],
    [{ ha: true }, /ha/],
    [{ availability_zone_hints: ['other'] }, /availability_zone_hints/],
    [{ routes: [{ destination: '10.0.0.0/8', nexthop: '10.0.0.1' }] }, /routes/],
    [{ colour: 'red' }, /colour/],
  ];
  for (const [fields, says] of cases)
    refused(await face.ask('POST', '/routers', { router: fields }), 400, 'InvalidInput', says);
  assert.equal((await face.ask('POST', '/routers', { router: { external_gateway_info: {} } })).status, 201);
  assert.equal((await face.ask('POST', '/routers', { router: { external_gateway_info: null } })).status, 201);
});
