import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, test } from 'node:test';
import { Host } from '#libs/fleet/hosts/host.entity';
import { Instance } from '#libs/compute/instances/instance.entity';
import { InstanceTransitions } from '#libs/compute/instances/states/instance-transitions';
import { Operation } from '#libs/operations/operation.entity';
import { admin, member } from '../support/compute-api.js';
import type { ComputeApi } from '../support/compute-api.js';
import { ServersApi } from '../support/servers-api.js';

let servers: ServersApi;
let api: ComputeApi;

before(async () => {
  servers = await ServersApi.start();
  ({ api } = servers);
});
after(() => servers?.stop());

const transitions = new InstanceTransitions();

test('invariant 4: a created server is BUILD, has its address, and one operation waits', async () => {
  const id = await servers.create({ metadata: { role: 'web' }, tags: ['a'] });
  const server = await servers.show(id);
  assert.equal(server.status, 'BUILD');
  assert.match(server.addresses.net![0]!.addr, /^10\.9\.0\./);
  const operations = await api.database.manager.findBy(Operation, { resourceId: id });
  assert.deepEqual(
    operations.map(({ kind, state }) => [kind, state]),
    [['instance.create', 'pending']],
  );
});

test('another project does not know of it; an admin does', async () => {
  const id = await servers.create();
  const stranger = { ...member, projectId: 'p-other' };
  assert.equal((await api.ask(stranger, 'GET', `/servers/${id}`)).status, 404);
  assert.equal((await api.ask(admin, 'GET', `/servers/${id}`)).status, 200);
});

test('a malformed body is 400 and names the field', async () => {
  for (const [body, field] of [
    [{ server: { ...servers.wanted().server, name: '' } }, 'name'],
    [{ server: { ...servers.wanted().server, imageRef: 'x' } }, 'imageRef'],
    [{ server: { ...servers.wanted().server, networks: [{ uuid: 'x' }] } }, 'networks.0.uuid'],
    [{ server: { ...servers.wanted().server, colour: 'red' } }, 'colour'],
    [{ server: { ...servers.wanted().server, min_count: 0 } }, 'min_count'],
    [{}, 'server'],
  ] as const) {
    const answer = await api.ask(member, 'POST', '/servers', body);
    assert.equal(answer.status, 400, field);
    const { code, message } = answer.body.badRequest as { code: number; message: string };
    assert.equal(code, 400);
    assert.match(message, new RegExp(field.replaceAll('.', '\\.')));
  }
});

test('unknown image, flavor, network, key: refused, and nothing is left behind', async () => {
  const count = async () => api.database.manager.count(Instance);
  const beforehand = await count();
  assert.equal((await api.ask(member, 'POST', '/servers', servers.wanted({ imageRef: randomUUID() }))).status, 400);
  assert.equal((await api.ask(member, 'POST', '/servers', servers.wanted({ flavorRef: 'huge' }))).status, 400);
  assert.equal(
    (await api.ask(member, 'POST', '/servers', servers.wanted({ networks: [{ uuid: randomUUID() }] }))).status,
    400,
  );
  assert.equal((await api.ask(member, 'POST', '/servers', servers.wanted({ key_name: 'none' }))).status, 400);
  assert.equal(await count(), beforehand);
});

test('quota: 403 forbidden, naming the resource', async () => {
  const project = { ...member, projectId: 'p-quota' };
  await api.ask(admin, 'PUT', '/os-quota-sets/p-quota', { quota_set: { instances: 2 } });
  assert.equal(
    (await api.ask(project, 'POST', '/servers', servers.wanted({ min_count: 1, max_count: 5 }))).status,
    202,
  );
  const { status, body } = await api.ask(project, 'POST', '/servers', servers.wanted());
  assert.equal(status, 403);
  const { message } = body.forbidden as { message: string };
  assert.equal(message, 'Quota exceeded for instances: Requested 1, but already used 2 of 2 instances');
});

test('an action that the state does not allow is 409 with the state', async () => {
  const id = await servers.create();
  const { status, body } = await api.ask(member, 'POST', `/servers/${id}/action`, { 'os-stop': null });
  assert.equal(status, 409);
  const { message } = body.conflictingRequest as { message: string };
  assert.equal(message, `Cannot 'stop' instance ${id} while it is in vm_state building`);
});

test('two stops at once: one is accepted, one refused', async () => {
  const id = await servers.active();
  const both = await Promise.all(
    [1, 2].map(() => api.ask(member, 'POST', `/servers/${id}/action`, { 'os-stop': null })),
  );
  assert.deepEqual(both.map(({ status }) => status).sort(), [202, 409]);
  assert.equal(await api.database.manager.countBy(Operation, { resourceId: id, kind: 'instance.stop' }), 1);
});

test('actions make operations, shown as instance actions', async () => {
  const id = await servers.active();
  assert.equal((await api.ask(member, 'POST', `/servers/${id}/action`, { reboot: { type: 'HARD' } })).status, 202);
  assert.equal((await servers.show(id)).status, 'HARD_REBOOT');
  const { body } = await api.ask(member, 'GET', `/servers/${id}/os-instance-actions`);
  const actions = body.instanceActions as { action: string; request_id: string }[];
  assert.deepEqual(
    actions.map(({ action }) => action),
    ['reboot', 'create'],
  );
  const one = await api.ask(admin, 'GET', `/servers/${id}/os-instance-actions/${actions[0]!.request_id}`);
  assert.deepEqual((one.body.instanceAction as { events: unknown[] }).events, []);
});

test("a server group takes as many members as the project's quota says", async () => {
  const owner = { ...member, projectId: 'p-group' };
  await api.ask(admin, 'PUT', '/os-quota-sets/p-group', { quota_set: { server_group_members: 2 } });
  const group = await api.ask(owner, 'POST', '/os-server-groups', { server_group: { name: 'g', policy: 'affinity' } });
  const hints = { group: (group.body.server_group as { id: string }).id };
  const ask = (count: number) =>
    api.ask(owner, 'POST', '/servers', { ...servers.wanted({ min_count: count }), 'os:scheduler_hints': hints });
  assert.equal((await ask(3)).status, 403);
  assert.equal((await ask(2)).status, 202);
  assert.equal((await ask(1)).status, 403);
});

test('/v2.1/{project_id}/… is the same, for the project of the token only', async () => {
  const id = await servers.active();
  const caller = { ...member, projectId: randomUUID().replaceAll('-', '') };
  await api.database.manager.update(Instance, { id }, { projectId: caller.projectId });
  const shown = await api.ask(caller, 'GET', `/${caller.projectId}/servers/${id}`);
  assert.equal(shown.status, 200, JSON.stringify(shown.body));
  const listed = await api.ask(caller, 'GET', `/${caller.projectId}/servers?limit=1`);
  assert.equal((listed.body.servers as { id: string }[])[0]!.id, id);
  assert.equal((await api.ask(caller, 'GET', `/${randomUUID()}/servers/${id}`)).status, 400);
});

test('deleting twice makes one operation; a deleted server is gone', async () => {
  const id = await servers.active();
  assert.equal((await api.ask(member, 'DELETE', `/servers/${id}`)).status, 204);
  assert.equal((await api.ask(member, 'DELETE', `/servers/${id}`)).status, 204);
  assert.equal(await api.database.manager.countBy(Operation, { resourceId: id, kind: 'instance.delete' }), 1);
  await api.database.transaction((tx) => transitions.markDeleted(tx, id));
  assert.equal((await api.ask(member, 'GET', `/servers/${id}`)).status, 404);
});

test('a delete wins over a build that ends after it', async () => {
  const id = await servers.create();
  await api.ask(member, 'DELETE', `/servers/${id}`);
  const host = await api.database.manager.findOneByOrFail(Host, { name: 'h1' });
  await assert.rejects(
    api.database.transaction((tx) => transitions.finishBuild(tx, id, host.id)),
    /deleting/,
  );
});

test('a failed build is ERROR and shows its fault', async () => {
  const id = await servers.create();
  await api.database.transaction((tx) => transitions.setError(tx, id, { message: 'No valid host was found.' }));
  const server = await servers.show(id);
  assert.equal(server.status, 'ERROR');
  assert.equal(server.fault!.message, 'No valid host was found.');
});

test('microversions: told in every answer, 406 and 400 where they cannot be had', async () => {
  const answer = await api.ask(member, 'GET', '/servers', undefined, 53);
  assert.equal(answer.headers.get('OpenStack-API-Version'), 'compute 2.53');
  assert.match(answer.headers.get('Vary')!, /OpenStack-API-Version/);
  assert.equal((await api.ask(member, 'GET', '/servers', undefined, 999)).status, 406);
  assert.equal((await api.ask(null, 'GET', '/servers')).status, 401);
});
