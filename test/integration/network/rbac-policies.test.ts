import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { items, text } from '../support/openstack-faces.js';
import type { Json, Person } from '../support/openstack-faces.js';
import { NetworkFace, refused } from '../support/network-face.js';

let face: NetworkFace;
let admin: string;
let anna: Person;
let ben: Person;
let carl: Person;

before(async () => {
  face = await NetworkFace.start();
  ({ admin, anna, ben } = face);
  carl = await face.faces.person(admin, 'carl', 'member');
});
after(() => face.close());

const share = (object_id: string, target_tenant: string, token = anna.token) =>
  face.ask(
    'POST',
    '/rbac-policies',
    { rbac_policy: { object_type: 'network', object_id, action: 'access_as_shared', target_tenant } },
    token,
  );

async function shared(network: string, target: string, token = anna.token): Promise<string> {
  const answer = await share(network, target, token);
  assert.equal(answer.status, 201, answer.text);
  return text(answer.body.rbac_policy!.id);
}

const statusOf = async (path: string, token: string) => (await face.ask('GET', path, undefined, token)).status;
const networkAs = async (id: string, token: string): Promise<Json> =>
  (await face.ask('GET', `/networks/${id}`, undefined, token)).body.network!;
const listed = async (path: string, token: string) => {
  const answer = await face.ask('GET', path, undefined, token);
  return items(Object.values(answer.body)[0]!).map(({ id }) => text(id));
};

test('a network shared with one project is seen and used by it, and by no other', async () => {
  const id = await face.networkWith('10.0.0.0/24');
  assert.equal(await statusOf(`/networks/${id}`, ben.token), 404);
  const policy = await shared(id, ben.projectId);
  assert.equal((await networkAs(id, ben.token)).shared, true);
  assert.equal((await networkAs(id, anna.token)).shared, false, 'its owner sees that not all have it');
  assert.equal(await statusOf(`/networks/${id}`, carl.token), 404);
  assert.ok((await listed('/networks?shared=true', ben.token)).includes(id));
  assert.ok(!(await listed('/networks', carl.token)).includes(id));
  assert.equal((await listed(`/subnets?network_id=${id}`, ben.token)).length, 1);
  assert.equal((await listed(`/subnets?network_id=${id}&shared=true`, ben.token)).length, 1);
  assert.deepEqual(await listed(`/subnets?network_id=${id}`, carl.token), []);
  refused(await face.ask('PUT', `/networks/${id}`, { network: { name: 'x' } }, ben.token), 403, 'PolicyNotAuthorized');
  refused(await face.ask('POST', '/ports', { port: { network_id: id } }, carl.token), 404, 'NetworkNotFound');
  const port = await face.made('port', { network_id: id }, ben.token);
  refused(
    await face.ask('POST', '/ports', { port: { network_id: id, mac_address: 'fa:16:3e:00:00:01' } }, ben.token),
    403,
    'PolicyNotAuthorized',
  );

  refused(await face.ask('DELETE', `/rbac-policies/${policy}`), 409, 'RbacPolicyInUse');
  const other = { rbac_policy: { target_tenant: carl.projectId } };
  refused(await face.ask('PUT', `/rbac-policies/${policy}`, other), 409, 'RbacPolicyInUse');
  assert.equal((await face.ask('DELETE', `/ports/${text(port.id)}`, undefined, ben.token)).status, 204);
  assert.equal(
    (await face.ask('PUT', `/rbac-policies/${policy}`, other)).body.rbac_policy!.target_tenant,
    carl.projectId,
  );
  assert.equal(await statusOf(`/networks/${id}`, ben.token), 404);
  assert.equal(await statusOf(`/networks/${id}`, carl.token), 200);
  assert.equal((await face.ask('DELETE', `/rbac-policies/${policy}`)).status, 204);
  assert.equal(await statusOf(`/networks/${id}`, carl.token), 404);
});

test('sharing with all is an administrator’s, and the same as the network’s shared', async () => {
  const id = await face.networkWith('10.0.0.0/24');
  refused(await share(id, '*'), 403, 'PolicyNotAuthorized');
  const policy = await shared(id, '*', admin);
  assert.equal((await networkAs(id, carl.token)).shared, true);
  assert.equal((await face.ask('DELETE', `/rbac-policies/${policy}`, undefined, admin)).status, 204);
  assert.equal((await networkAs(id, anna.token)).shared, false);
  await face.ask('PUT', `/networks/${id}`, { network: { shared: true } }, admin);
  const [made = ''] = await listed(`/rbac-policies?object_id=${id}`, admin);
  assert.equal((await face.ask('GET', `/rbac-policies/${made}`)).body.rbac_policy!.target_tenant, '*');
  const port = await face.made('port', { network_id: id }, ben.token);
  const unshare = () => face.ask('PUT', `/networks/${id}`, { network: { shared: false } }, admin);
  refused(await unshare(), 409, 'InvalidSharedSetting');
  refused(await face.ask('DELETE', `/rbac-policies/${made}`), 409, 'RbacPolicyInUse');
  await shared(id, ben.projectId);
  assert.equal((await unshare()).status, 200, 'a policy of its own lets the project keep its port');
  assert.deepEqual((await listed(`/rbac-policies?object_id=${id}`, admin)).length, 1);
  await face.ask('DELETE', `/ports/${text(port.id)}`, undefined, ben.token);
  assert.equal((await face.ask('DELETE', `/networks/${id}`)).status, 204);
  assert.deepEqual(await listed(`/rbac-policies?object_id=${id}`, admin), [], 'policies go with their network');
});

test('policies are of the owner’s project: others neither see nor make them', async () => {
  const id = await face.networkWith();
  const policy = await shared(id, ben.projectId);
  refused(await face.ask('GET', `/rbac-policies/${policy}`, undefined, ben.token), 404, 'RbacPolicyNotFound');
  assert.deepEqual(await listed('/rbac-policies', ben.token), []);
  refused(await share(id, carl.projectId, ben.token), 400, 'InvalidInput', /object_id/);
  refused(await share(id, carl.projectId, carl.token), 404, 'NetworkNotFound');
  refused(await share(id, ben.projectId), 409, 'DuplicateRbacPolicy');
  refused(await share(id, carl.projectId, face.rita.token), 403, 'PolicyNotAuthorized');
  for (const [field, value] of [
    ['object_type', 'port'],
    ['action', 'access_as_owner'],
    ['target_tenant', ''],
  ] as const) {
    const wanted = { object_type: 'network', object_id: id, action: 'access_as_shared', target_tenant: carl.projectId };
    const answer = await face.ask('POST', '/rbac-policies', { rbac_policy: { ...wanted, [field]: value } });
    refused(answer, 400, 'InvalidInput', new RegExp(field));
  }
});

test('a project has ten policies at most', async () => {
  const id = await face.networkWith();
  const answers = await Promise.all(Array.from({ length: 12 }, (_, n) => share(id, `project-${n}`)));
  const refusals = answers.filter(({ status }) => status !== 201);
  assert.ok(refusals.length >= 2);
  for (const answer of refusals) refused(answer, 409, 'OverQuota');
});
