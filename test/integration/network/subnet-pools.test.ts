import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { items, text } from '../support/openstack-faces.js';
import type { Answer, Json } from '../support/openstack-faces.js';
import { NetworkFace, refused } from '../support/network-face.js';

let face: NetworkFace;

before(async () => {
  face = await NetworkFace.start();
});
after(() => face.close());

const ask = (method: string, path: string, fields?: object, token?: string): Promise<Answer> =>
  face.ask(method, path, fields && { subnetpool: fields }, token);

async function pool(fields: object, token?: string): Promise<Json> {
  const answer = await ask('POST', '/subnetpools', fields, token);
  assert.equal(answer.status, 201, answer.text);
  return answer.body.subnetpool!;
}

/** A subnet on a network of its own. */
async function subnet(fields: object, token = face.anna.token): Promise<Answer> {
  const { id } = await face.made('network', {}, token);
  return face.ask('POST', '/subnets', { subnet: { network_id: id, ...fields } }, token);
}
const cidrOf = async (fields: object) => {
  const answer = await subnet(fields);
  assert.equal(answer.status, 201, answer.text);
  return text(answer.body.subnet!.cidr);
};

test('a pool shows its prefixes joined, and Neutron’s defaults', async () => {
  const made = await pool({ name: 'p', prefixes: ['10.1.0.0/17', '10.1.128.0/17', '10.3.0.0/16'] });
  assert.deepEqual(made.prefixes, ['10.1.0.0/16', '10.3.0.0/16']);
  const { ip_version, min_prefixlen, default_prefixlen, max_prefixlen, shared, is_default, default_quota } = made;
  assert.deepEqual(
    [ip_version, min_prefixlen, default_prefixlen, max_prefixlen, shared, is_default, default_quota],
    [4, '8', '8', '32', false, false, null],
  );
  const six = await pool({ prefixes: ['fd00:1::/48'] });
  assert.deepEqual([six.ip_version, six.min_prefixlen, six.max_prefixlen], [6, '64', '128']);
});

test('subnets take prefixes of their own from a pool, also many at once', async () => {
  const { id: subnetpool_id } = await pool({ prefixes: ['10.1.0.0/22'], default_prefixlen: 24 });
  assert.equal(await cidrOf({ subnetpool_id }), '10.1.0.0/24');
  assert.equal(await cidrOf({ subnetpool_id, prefixlen: 26 }), '10.1.1.0/26');
  assert.equal(await cidrOf({ subnetpool_id, cidr: '10.1.3.0/24' }), '10.1.3.0/24');
  refused(await subnet({ subnetpool_id, cidr: '10.1.3.128/25' }), 409, 'SubnetAllocationError');
  refused(await subnet({ subnetpool_id, cidr: '10.2.0.0/24' }), 409, 'SubnetAllocationError');
  const answers = await Promise.all(Array.from({ length: 12 }, () => subnet({ subnetpool_id, prefixlen: 26 })));
  const taken = answers.filter(({ status }) => status === 201).map(({ body }) => text(body.subnet!.cidr));
  assert.equal(taken.length, 7, 'three /26 beside the second, four in 10.1.2.0/24');
  assert.equal(new Set(taken).size, 7);
  for (const answer of answers.filter(({ status }) => status !== 201)) refused(answer, 409, 'SubnetAllocationError');
  refused(await ask('DELETE', `/subnetpools/${text(subnetpool_id)}`), 400, 'SubnetPoolDeleteError');
  const { body } = await face.ask('GET', `/subnets?subnetpool_id=${text(subnetpool_id)}`);
  assert.equal(items(body.subnets).length, 10);
  for (const { id } of items(body.subnets)) await face.ask('DELETE', `/subnets/${text(id)}`);
  assert.equal((await ask('DELETE', `/subnetpools/${text(subnetpool_id)}`)).status, 204);
});

test('what contradicts itself or the pool is refused by name', async () => {
  const { id: subnetpool_id } = await pool({
    prefixes: ['10.1.0.0/16'],
    min_prefixlen: 20,
    default_prefixlen: 24,
    max_prefixlen: 28,
  });
  for (const [fields, says] of [
    [{ subnetpool_id, prefixlen: 19 }, /prefixlen/],
    [{ subnetpool_id, prefixlen: 29 }, /prefixlen/],
    [{ subnetpool_id, prefixlen: 24, cidr: '10.1.0.0/24' }, /prefixlen/],
    [{ subnetpool_id, ip_version: 6 }, /ip_version/],
    [{ subnetpool_id, use_default_subnetpool: true }, /use_default_subnetpool/],
    [{ prefixlen: 24 }, /prefixlen/],
    [{}, /cidr/],
    [{ use_default_subnetpool: true, ip_version: 6 }, /no default pool for IPv6/],
  ] as const)
    refused(await subnet(fields), 400, 'InvalidInput', says);
  refused(await subnet({ subnetpool_id: '00000000-0000-4000-8000-000000000000' }), 404, 'SubnetPoolNotFound');
  for (const [fields, says] of [
    [{}, /prefixes/],
    [{ prefixes: [] }, /prefixes/],
    [{ prefixes: ['10.0.0.0/8', 'fd00::/48'] }, /prefixes/],
    [{ prefixes: ['10.0.0.0/33'] }, /prefixes/],
    [{ prefixes: ['10.0.0.0/8'], max_prefixlen: 33 }, /max_prefixlen/],
    [{ prefixes: ['10.0.0.0/8'], min_prefixlen: 24, max_prefixlen: 20 }, /min_prefixlen/],
    [{ prefixes: ['10.0.0.0/8'], default_prefixlen: 30, max_prefixlen: 28 }, /default_prefixlen/],
  ] as const)
    refused(await ask('POST', '/subnetpools', fields), 400, 'InvalidInput', says);
});

test('a network has its subnets of an IP version from one pool, or none from any', async () => {
  const { id: one } = await pool({ prefixes: ['10.1.0.0/16'], default_prefixlen: 24 });
  const { id: other } = await pool({ prefixes: ['10.2.0.0/16'], default_prefixlen: 24 });
  const network_id = await face.networkWith();
  await face.made('subnet', { network_id, subnetpool_id: one });
  const again = (fields: object) => face.ask('POST', '/subnets', { subnet: { network_id, ...fields } });
  refused(await again({ subnetpool_id: other }), 400, 'NetworkSubnetPoolAffinityError');
  refused(await again({ cidr: '10.9.0.0/24' }), 400, 'NetworkSubnetPoolAffinityError');
  assert.equal((await again({ subnetpool_id: one })).status, 201);
  assert.equal((await again({ cidr: 'fd00:9::/64' })).status, 201);
});

test('a pool only grows, and gives each project what its quota allows', async () => {
  const { id } = await pool({ prefixes: ['10.1.0.0/24'], default_prefixlen: 26, default_quota: 128 });
  const path = `/subnetpools/${text(id)}`;
  for (let n = 0; n < 2; n++) await cidrOf({ subnetpool_id: id });
  refused(await subnet({ subnetpool_id: id }), 409, 'SubnetPoolQuotaExceeded');
  refused(await ask('PUT', path, { prefixes: ['10.1.0.0/25'] }), 400, 'InvalidInput', /prefixes/);
  const grown = await ask('PUT', path, { prefixes: ['10.1.0.0/24', '10.1.1.0/24'], default_quota: null });
  assert.deepEqual(grown.body.subnetpool!.prefixes, ['10.1.0.0/23']);
  assert.equal(grown.body.subnetpool!.revision_number, 2);
  assert.equal((await subnet({ subnetpool_id: id })).status, 201);
  assert.equal((await face.ask('PUT', `${path}/tags`, { tags: ['a'] })).status, 200);
});

test('shared and default pools are an administrator’s to make, and everybody’s to use', async () => {
  const fields = { prefixes: ['10.7.0.0/16'], default_prefixlen: 24 };
  refused(await ask('POST', '/subnetpools', { ...fields, shared: true }), 403, 'PolicyNotAuthorized');
  refused(await ask('POST', '/subnetpools', { ...fields, is_default: true }), 403, 'PolicyNotAuthorized');
  const own = await pool(fields);
  const { token } = face.ben;
  refused(await ask('GET', `/subnetpools/${text(own.id)}`, undefined, token), 404, 'SubnetPoolNotFound');
  refused(await subnet({ subnetpool_id: own.id }, token), 404, 'SubnetPoolNotFound');
  const all = await pool({ ...fields, shared: true, is_default: true }, face.admin);
  refused(
    await ask('POST', '/subnetpools', { ...fields, is_default: true }, face.admin),
    400,
    'InvalidInput',
    /default/,
  );
  const made = await subnet({ use_default_subnetpool: true, ip_version: 4 }, token);
  assert.equal(made.body.subnet!.subnetpool_id, all.id);
  refused(await ask('PUT', `/subnetpools/${text(all.id)}`, { name: 'x' }, token), 403, 'PolicyNotAuthorized');
});
