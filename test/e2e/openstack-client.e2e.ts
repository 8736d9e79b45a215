import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { openstackEnvironment } from '#apps/cli/commands/env';
import { OpenStackClient } from './fleet/openstack-client.js';
import { TestFleet } from './fleet/test-fleet.js';

let client: OpenStackClient;
let fleet: TestFleet;

before(async () => {
  fleet = await TestFleet.open();
  client = new OpenStackClient({ ...process.env, ...(await openstackEnvironment(fleet.local.layout)) });
});
after(() => {
  client?.close();
  fleet?.close();
});

async function openstack<T = Record<string, unknown>>(...args: string[]): Promise<T> {
  const stdout = await client.run(...args, '-f', 'json');
  return (stdout.trim() ? JSON.parse(stdout) : {}) as T;
}

/** Runs a command that prints nothing and does not know `-f`. */
async function quiet(...args: string[]): Promise<void> {
  await client.run(...args);
}

type Row = Record<string, unknown>;

test('openstack token issue, catalog list: who am I and what is there', async () => {
  assert.ok((await openstack('token', 'issue')).id);
  const catalog = await openstack<Row[]>('catalog', 'list');
  const types = catalog.map((service) => service.Type).sort();
  for (const type of ['compute', 'identity', 'image', 'network'])
    assert.ok(types.includes(type), `${type} in ${types}`);
});

test('openstack project, user and role list', async () => {
  assert.ok((await openstack<Row[]>('project', 'list')).some((project) => project.Name === 'admin'));
  assert.ok((await openstack<Row[]>('user', 'list')).some((user) => user.Name === 'admin'));
  const roles = (await openstack<Row[]>('role', 'list')).map((role) => role.Name);
  for (const role of ['admin', 'member', 'reader']) assert.ok(roles.includes(role), `${role} in ${roles.join()}`);
});

test('openstack image create --file, show, list, delete', async () => {
  const file = fleet.local.images.busybox;
  const image = await openstack('image', 'create', 'osc-image', '--file', file, '--container-format', 'bare');
  assert.equal(image.name, 'osc-image');
  assert.equal((await openstack('image', 'show', 'osc-image')).status, 'active');
  assert.ok((await openstack<Row[]>('image', 'list')).some((row) => row.Name === 'osc-image'));
  await quiet('image', 'delete', 'osc-image');
});

test('openstack network, subnet and port create, list, delete', async () => {
  const network = await openstack('network', 'create', 'osc-net');
  assert.equal(network.status, 'ACTIVE');
  await openstack('subnet', 'create', 'osc-subnet', '--network', 'osc-net', '--subnet-range', '10.40.0.0/24');
  const port = await openstack('port', 'create', 'osc-port', '--network', 'osc-net');
  assert.match(JSON.stringify(port.fixed_ips), /10\.40\.0\./);
  assert.ok((await openstack<Row[]>('port', 'list', '--network', 'osc-net')).length);
  await quiet('port', 'delete', 'osc-port');
  await quiet('network', 'delete', 'osc-net');
});

test('openstack hypervisor list, compute service list, availability zone list', async () => {
  const hypervisors = await openstack<Row[]>('hypervisor', 'list');
  assert.equal(hypervisors.filter((row) => row.State === 'up').length, fleet.local.hosts.length);
  const services = await openstack<Row[]>('compute', 'service', 'list');
  for (const host of fleet.local.hosts)
    assert.ok(
      services.some((row) => row.Host === host),
      host,
    );
  assert.ok((await openstack<Row[]>('availability', 'zone', 'list')).some((row) => row['Zone Name'] === 'nova'));
});

test('openstack flavor and server: create --wait, list, show, stop, start, reboot, migrate, resize, delete --wait', async () => {
  await openstack('flavor', 'create', 'osc-small', '--vcpus', '1', '--ram', '128', '--disk', '1');
  await openstack('flavor', 'create', 'osc-large', '--vcpus', '1', '--ram', '192', '--disk', '1');
  const create = [
    'server',
    'create',
    'osc',
    '--image',
    'busybox',
    '--flavor',
    'osc-small',
    '--network',
    'e2e',
    '--wait',
  ];
  const server = await openstack(...create);
  assert.equal(server.status, 'ACTIVE');
  assert.ok((await openstack<Row[]>('server', 'list')).some((row) => row.Name === 'osc'));
  const id = String(server.id);
  const settled = (status: string) => fleet.cloud.compute.settled(id, status);

  await quiet('server', 'stop', 'osc');
  await settled('SHUTOFF');
  await quiet('server', 'start', 'osc');
  await settled('ACTIVE');
  await quiet('server', 'reboot', 'osc', '--wait');
  await quiet('server', 'pause', 'osc');
  await settled('PAUSED');
  await quiet('server', 'unpause', 'osc');
  await settled('ACTIVE');

  const before = (await openstack('server', 'show', 'osc'))['OS-EXT-SRV-ATTR:host'];
  await quiet('server', 'migrate', '--live-migration', 'osc', '--wait');
  assert.notEqual((await openstack('server', 'show', 'osc'))['OS-EXT-SRV-ATTR:host'], before);
  assert.ok((await openstack<Row[]>('server', 'migration', 'list', '--server', 'osc')).length);

  await quiet('server', 'resize', '--flavor', 'osc-large', 'osc', '--wait');
  await quiet('server', 'resize', 'confirm', 'osc');
  await settled('ACTIVE');
  assert.match(JSON.stringify((await openstack('server', 'show', 'osc')).flavor), /osc-large|192/);

  const events = (await openstack<Row[]>('server', 'event', 'list', 'osc')).map((row) => row.Action);
  for (const action of ['create', 'stop', 'start', 'reboot', 'live-migration', 'resize', 'confirmResize'])
    assert.ok(events.includes(action), `${action} in ${events.join()}`);
  assert.equal(typeof (await client.run('console', 'log', 'show', 'osc')), 'string');
  await quiet('server', 'delete', 'osc', '--wait');
  await quiet('flavor', 'delete', 'osc-small', 'osc-large');
  await fleet.assertAudited();
});
