import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { items, text } from '../support/openstack-faces.js';
import type { Answer, Person } from '../support/openstack-faces.js';
import { addressesOf, NetworkFace, refused } from '../support/network-face.js';

let face: NetworkFace;
let admin: string;
let ben: Person;
let rita: Person;

before(async () => {
  face = await NetworkFace.start();
  ({ admin, ben, rita } = face);
});
after(() => face.close());

test('a network of another project is not there: 404 for reading, changing and using it', async () => {
  const id = await face.networkWith('10.0.0.0/24');
  refused(await face.ask('GET', `/networks/${id}`, undefined, ben.token), 404, 'NetworkNotFound');
  refused(await face.ask('PUT', `/networks/${id}`, { network: { name: 'mine' } }, ben.token), 404, 'NetworkNotFound');
  refused(await face.ask('DELETE', `/networks/${id}`, undefined, ben.token), 404, 'NetworkNotFound');
  refused(await face.ask('POST', '/ports', { port: { network_id: id } }, ben.token), 404, 'NetworkNotFound');
  const { body } = await face.ask('GET', `/networks?id=${id}`, undefined, ben.token);
  assert.deepEqual(body.networks, []);
});

test('a shared network is seen and used by all, changed by its owner only', async () => {
  refused(await face.ask('POST', '/networks', { network: { shared: true } }), 403, 'PolicyNotAuthorized');
  const { id } = await face.made('network', { name: 'all', shared: true }, admin);
  await face.made('subnet', { network_id: id, cidr: '10.0.0.0/24' }, admin);
  assert.equal((await face.ask('GET', `/networks/${text(id)}`, undefined, ben.token)).status, 200);
  const port = await face.made('port', { network_id: id }, ben.token);
  refused(await face.ask('DELETE', `/networks/${text(id)}`, undefined, ben.token), 403, 'PolicyNotAuthorized');
  refused(await face.ask('GET', `/ports/${text(port.id)}`), 404, 'PortNotFound');
});

test('a reader reads and cannot write: 403', async () => {
  const id = await face.networkWith();
  assert.equal((await face.ask('GET', `/networks/${id}`, undefined, rita.token)).status, 200);
  const writes: [string, string, unknown][] = [
    ['POST', '/networks', { network: {} }],
    ['PUT', `/networks/${id}`, { network: { name: 'x' } }],
    ['DELETE', `/networks/${id}`, undefined],
    ['POST', '/ports', { port: { network_id: id } }],
  ];
  for (const [method, path, body] of writes)
    refused(await face.ask(method, path, body, rita.token), 403, 'PolicyNotAuthorized');
});

test('malformed bodies are 400 in the form of Neutron and name the field', async () => {
  const network_id = await face.networkWith('10.0.0.0/24');
  const cases: [string, unknown, RegExp][] = [
    ['/networks', {}, /network/],
    ['/networks', { network: { name: 7 } }, /network\.name/],
    ['/networks', { network: { mtu: 10 } }, /mtu/],
    ['/networks', { network: { colour: 'red' } }, /network\.colour/],
    ['/networks', '{"network": ', /JSON/],
    ['/subnets', { subnet: { cidr: '10.1.0.0/24' } }, /network_id/],
    ['/subnets', { subnet: { network_id, cidr: '10.1.0.0/33' } }, /cidr/],
    ['/subnets', { subnet: { network_id, cidr: '10.1.0.0/24', ip_version: 6 } }, /ip_version/],
    ['/subnets', { subnet: { network_id, cidr: '10.1.0.0/24', gateway_ip: '10.2.0.1' } }, /gateway_ip/],
    ['/subnets', { subnet: { network_id, cidr: '10.1.0.0/24', dns_nameservers: ['no address'] } }, /dns_nameservers/],
    [
      '/subnets',
      { subnet: { network_id, cidr: '10.1.0.0/24', allocation_pools: [{ start: '10.1.0.9', end: '10.1.0.5' }] } },
      /allocation_pools/,
    ],
    ['/ports', { port: {} }, /port\.network_id/],
    ['/ports', { port: { network_id, mac_address: 'xx' } }, /mac_address/],
    ['/ports', { port: { network_id, fixed_ips: [{ ip_address: '10.9.0.1' }] } }, /fixed_ips/],
    ['/ports', { port: { network_id, fixed_ips: 'all' } }, /fixed_ips/],
  ];
  for (const [path, body, names] of cases)
    refused(
      await face.ask('POST', path, body),
      400,
      typeof body === 'string' ? 'HTTPBadRequest' : 'InvalidInput',
      names,
    );
});

test('thirty ports race for a /28: those that find an address succeed, the rest is 409', async () => {
  const id = await face.networkWith('10.0.0.0/28');
  const answers = await Promise.all(
    Array.from({ length: 30 }, () => face.ask('POST', '/ports', { port: { network_id: id } })),
  );
  const winners = answers.filter(({ status }) => status === 201);
  // 16 addresses less network, broadcast, gateway and DHCP port.
  assert.equal(winners.length, 12);
  assert.equal(new Set(winners.flatMap(({ body }) => addressesOf(body.port!))).size, 12);
  for (const loser of answers.filter(({ status }) => status !== 201)) refused(loser, 409, 'IpAddressGenerationFailure');

  const [{ body }] = winners as [Answer];
  assert.equal((await face.ask('DELETE', `/ports/${text(body.port!.id)}`)).status, 204);
  assert.deepEqual(addressesOf(await face.made('port', { network_id: id })), addressesOf(body.port!));
});

test('addresses of a network are counted for operators', async () => {
  const network_id = await face.networkWith('10.0.0.0/28');
  await face.made('port', { network_id });
  const path = `/network-ip-availabilities/${network_id}`;
  const { body } = await face.ask('GET', path, undefined, admin);
  const { total_ips, used_ips, subnet_ip_availability } = body.network_ip_availability as Record<string, unknown>;
  // The port and the DHCP port.
  assert.deepEqual([total_ips, used_ips, (subnet_ip_availability as unknown[]).length], [13, 2, 1]);
  assert.equal((await face.ask('GET', path)).status, 403);
});

test('an address or a MAC that is taken is 409', async () => {
  const network_id = await face.networkWith('10.0.0.0/24');
  const fixed_ips = [{ ip_address: '10.0.0.50' }];
  const port = await face.made('port', { network_id, fixed_ips, mac_address: 'FA:16:3E:00:00:01' });
  assert.deepEqual(addressesOf(port), ['10.0.0.50']);
  assert.equal(port.mac_address, 'fa:16:3e:00:00:01');
  refused(await face.ask('POST', '/ports', { port: { network_id, fixed_ips } }), 409, 'IpAddressInUse', /10\.0\.0\.50/);
  const mac = { network_id, mac_address: 'fa:16:3e:00:00:01' };
  refused(await face.ask('POST', '/ports', { port: mac }), 409, 'MacAddressInUse');
  const again = { port: { network_id: await face.networkWith('10.0.0.0/24'), fixed_ips } };
  assert.equal((await face.ask('POST', '/ports', again)).status, 201);
});

test('subnets of one network do not overlap', async () => {
  const network_id = await face.networkWith('10.0.0.0/24', '10.0.1.0/24');
  const answer = await face.ask('POST', '/subnets', { subnet: { network_id, cidr: '10.0.0.0/16' } });
  refused(answer, 400, 'InvalidInput', /overlap/);
  const race = await Promise.all(
    ['10.8.0.0/16', '10.8.4.0/24'].map((cidr) => face.ask('POST', '/subnets', { subnet: { network_id, cidr } })),
  );
  assert.deepEqual(race.map(({ status }) => status).sort(), [201, 400]);
});

test('networks made at once have a VNI each', async () => {
  const networks = await Promise.all(
    Array.from({ length: 20 }, (_, n) => face.made('network', { name: `${n}` }, admin)),
  );
  const vnis = networks.map((network) => network['provider:segmentation_id']);
  assert.equal(new Set(vnis).size, 20);
  const taken = { network: { 'provider:segmentation_id': vnis[0] } };
  refused(await face.ask('POST', '/networks', taken, admin), 400, 'InvalidInput', /segmentation_id/);
});

test('a port of a network with both has an IPv4 and an IPv6 address', async () => {
  const network_id = await face.networkWith('10.0.0.0/24', 'fd00:1:2:3::/64');
  const [v4, v6] = addressesOf(await face.made('port', { network_id }));
  assert.match(v4!, /^10\.0\.0\.\d+$/);
  assert.match(v6!, /^fd00:1:2:3:/);
  const { body } = await face.ask('GET', `/subnets?network_id=${network_id}&ip_version=6`);
  const [subnet] = items(body.subnets);
  assert.equal(subnet!.gateway_ip, 'fd00:1:2:3::1');
  refused(
    await face.ask('POST', '/ports', { port: { network_id, fixed_ips: [{ ip_address: v6!.toUpperCase() }] } }),
    409,
    'IpAddressInUse',
  );
});

test('a network and a subnet in use stay: 409; unused, they go', async () => {
  const network_id = await face.networkWith('10.0.0.0/24');
  const port = await face.made('port', { network_id });
  const [subnet] = items((await face.ask('GET', `/subnets?network_id=${network_id}`)).body.subnets);
  refused(await face.ask('DELETE', `/networks/${network_id}`), 409, 'NetworkInUse');
  refused(await face.ask('DELETE', `/subnets/${text(subnet!.id)}`), 409, 'SubnetInUse');
  await face.ask('DELETE', `/ports/${text(port.id)}`);
  assert.equal((await face.ask('DELETE', `/networks/${network_id}`)).status, 204);
  refused(await face.ask('GET', `/subnets/${text(subnet!.id)}`), 404, 'SubnetNotFound');
});

test('a port is plugged by admins only; its address is free when its host has unplugged it, not before', async () => {
  const network_id = await face.networkWith('10.0.0.0/24');
  const wanted = { network_id, 'binding:host_id': 'h1', fixed_ips: [{ ip_address: '10.0.0.9' }] };
  refused(await face.ask('POST', '/ports', { port: wanted }), 403, 'PolicyNotAuthorized');
  refused(await face.ask('POST', '/ports', { port: wanted }, admin), 400, 'InvalidInput', /binding:host_id/);
  await face.faces.database.query(
    `INSERT INTO hosts (id, name, role, address) VALUES (gen_random_uuid(), 'h1', 'network', '')`,
  );
  const port = await face.made('port', wanted, admin);
  assert.equal(port.status, 'BUILD');
  assert.equal((await face.ask('DELETE', `/ports/${text(port.id)}`, undefined, admin)).status, 204);
  refused(
    await face.ask('POST', '/ports', { port: { ...wanted, 'binding:host_id': undefined } }),
    409,
    'IpAddressInUse',
  );
  const [operation] = await face.faces.database.query<{ kind: string }[]>(
    'SELECT kind FROM operations WHERE resource_id = $1 ORDER BY created_at DESC LIMIT 1',
    [text(port.id)],
  );
  assert.equal(operation!.kind, 'port.unbind');
});

test('ports are listed in pages by marker and limit, each once, in order', async () => {
  const network_id = await face.networkWith('10.0.0.0/24');
  for (const name of ['e', 'c', 'a', 'd', 'b']) await face.made('port', { network_id, name });
  const seen: string[] = [];
  let path: string | undefined = `/networking/v2.0/ports?network_id=${network_id}&limit=2&sort_key=name&sort_dir=desc`;
  while (path) {
    const { body } = await face.faces.ask('GET', path, { token: face.anna.token });
    seen.push(...items(body.ports).map((port) => text(port.name)));
    const [next] = body.ports_links ? items(body.ports_links) : [];
    path = next ? text(next.href).slice(face.faces.url.length) : undefined;
  }
  assert.deepEqual(seen, ['e', 'd', 'c', 'b', 'a', ''], 'the last one is the DHCP port');
  refused(await face.ask('GET', '/ports?limit=-1'), 400, 'InvalidInput', /limit/);
  refused(await face.ask('GET', '/ports?sort_key=colour'), 400, 'InvalidInput', /colour/);
});

test('every project has its default security group, which ports may name', async () => {
  const { body } = await face.ask('GET', '/security-groups');
  const [group, ...others] = items(body.security_groups);
  assert.equal(others.length, 0);
  assert.equal(group!.name, 'default');
  assert.equal(group!.project_id, face.anna.projectId);
  assert.ok(items(group!.security_group_rules).length > 0);
  const id = text(group!.id);
  assert.deepEqual((await face.ask('GET', `/security-groups/${id}`)).body.security_group, group);
  refused(await face.ask('GET', `/security-groups/${id}`, undefined, ben.token), 404, 'SecurityGroupNotFound');
  assert.ok(
    items(group!.security_group_rules).every(
      (rule) => text(rule.direction!) === 'egress' || text(rule.remote_group_id!) === id,
    ),
    'nobody but the group itself may come in',
  );

  const network_id = await face.networkWith('10.0.0.0/24');
  const port = await face.made('port', { network_id, security_groups: [id] });
  assert.deepEqual(port.security_groups, [id]);
  const foreign = { network_id, security_groups: ['00000000-0000-4000-8000-000000000000'] };
  refused(await face.ask('POST', '/ports', { port: foreign }), 404, 'SecurityGroupNotFound');
  const path = `/ports/${text(port.id)}`;
  refused(
    await face.ask('PUT', path, { port: { security_groups: foreign.security_groups } }),
    404,
    'SecurityGroupNotFound',
  );
  refused(
    await face.ask('PUT', path, { port: { port_security_enabled: false } }),
    409,
    'PortSecurityPortHasSecurityGroup',
  );
  assert.deepEqual((await face.ask('PUT', path, { port: { security_groups: [] } })).body.port!.security_groups, []);
  const open = await face.ask('PUT', path, { port: { security_groups: [], port_security_enabled: false } });
  assert.deepEqual(open.body.port!.security_groups, []);
});

test('resources that clients read besides networks exist, most of them empty', async () => {
  for (const list of ['routers', 'floatingips', 'availability_zones', 'security-group-rules', 'subnetpools'])
    assert.equal((await face.ask('GET', `/${list}`)).status, 200, list);
  assert.equal((await face.ask('GET', '/agents', undefined, admin)).status, 200);
  refused(await face.ask('GET', '/agents'), 403, 'PolicyNotAuthorized');
  const { body } = await face.ask('GET', `/quotas/${face.anna.projectId}`);
  assert.equal(body.quota.network, -1);
  refused(await face.ask('GET', '/nothing'), 404, 'HTTPNotFound');
});
