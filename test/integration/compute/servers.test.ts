import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, test } from 'node:test';
import { status as GrpcStatus } from '@grpc/grpc-js';
import { Host } from '#libs/fleet/hosts/host.entity';
import { Image } from '#libs/images/image.entity';
import { Migration } from '#libs/mobility/migrations/migration.entity';
import { Network } from '#libs/networking/networks/network.entity';
import { Subnet } from '#libs/networking/subnets/subnet.entity';
import { Instance } from '#libs/compute/instances/instance.entity';
import { InstanceTransitions } from '#libs/compute/instances/instance-transitions';
import { Operation } from '#libs/operations/operation.entity';
import { admin, ComputeApi, member } from './compute-api.js';

interface ServerBody {
  id: string;
  name: string;
  status: string;
  addresses: Record<string, { addr: string }[]>;
  fault?: { message: string };
}

let api: ComputeApi;
const imageId = randomUUID();
const networkId = randomUUID();
const transitions = new InstanceTransitions();

before(async () => {
  api = await ComputeApi.start();
  const { manager } = api.database;
  await manager.insert(Image, {
    id: imageId,
    name: 'busybox',
    projectId: 'p-admin',
    status: 'active',
    visibility: 'public',
    sha256: 'a'.repeat(64),
    size: 1,
  });
  await manager.insert(Network, { id: networkId, name: 'net', projectId: 'p-member', vni: 7, shared: true });
  const pool = { allocationPools: [{ start: '10.9.0.2', end: '10.9.0.250' }], gatewayIp: '10.9.0.1' };
  await manager.insert(Subnet, { id: randomUUID(), projectId: 'p-member', networkId, cidr: '10.9.0.0/24', ...pool });
  for (const name of ['h1', 'h2']) await api.addHost(name);
  const flavor = { id: 'tiny', name: 'm1.tiny', ram: 64, vcpus: 1, disk: 1 };
  assert.equal((await api.ask(admin, 'POST', '/flavors', { flavor })).status, 200);
  await api.ask(admin, 'PUT', '/os-quota-sets/p-member', { quota_set: { instances: 100, cores: 100 } });
});

after(() => api?.stop());

const wanted = (more: object = {}) => ({
  server: { name: 'web', imageRef: imageId, flavorRef: 'tiny', networks: [{ uuid: networkId }], ...more },
});

async function create(more: object = {}): Promise<string> {
  const { status, body } = await api.ask(member, 'POST', '/servers', wanted(more));
  assert.equal(status, 202, JSON.stringify(body));
  return (body.server as ServerBody).id;
}

async function active(): Promise<string> {
  const id = await create();
  const host = await api.database.manager.findOneByOrFail(Host, { name: 'h1' });
  await api.database.transaction(async (tx) => {
    await transitions.markPlaced(tx, id, host.id);
    await transitions.finishBuild(tx, id, host.id);
  });
  return id;
}

const show = async (id: string, caller = member) =>
  (await api.ask(caller, 'GET', `/servers/${id}`)).body.server as ServerBody;

test('invariant 4: a created server is BUILD, has its address, and one operation waits', async () => {
  const id = await create({ metadata: { role: 'web' }, tags: ['a'] });
  const server = await show(id);
  assert.equal(server.status, 'BUILD');
  assert.match(server.addresses.net![0]!.addr, /^10\.9\.0\./);
  const operations = await api.database.manager.findBy(Operation, { resourceId: id });
  assert.deepEqual(
    operations.map(({ kind, state }) => [kind, state]),
    [['instance.create', 'pending']],
  );
});

test('another project does not know of it; an admin does', async () => {
  const id = await create();
  const stranger = { ...member, projectId: 'p-other' };
  assert.equal((await api.ask(stranger, 'GET', `/servers/${id}`)).status, 404);
  assert.equal((await api.ask(admin, 'GET', `/servers/${id}`)).status, 200);
});

test('a malformed body is 400 and names the field', async () => {
  for (const [body, field] of [
    [{ server: { ...wanted().server, name: '' } }, 'name'],
    [{ server: { ...wanted().server, imageRef: 'x' } }, 'imageRef'],
    [{ server: { ...wanted().server, networks: [{ uuid: 'x' }] } }, 'networks.0.uuid'],
    [{ server: { ...wanted().server, colour: 'red' } }, 'colour'],
    [{ server: { ...wanted().server, min_count: 0 } }, 'min_count'],
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
  assert.equal((await api.ask(member, 'POST', '/servers', wanted({ imageRef: randomUUID() }))).status, 400);
  assert.equal((await api.ask(member, 'POST', '/servers', wanted({ flavorRef: 'huge' }))).status, 400);
  assert.equal((await api.ask(member, 'POST', '/servers', wanted({ networks: [{ uuid: randomUUID() }] }))).status, 400);
  assert.equal((await api.ask(member, 'POST', '/servers', wanted({ key_name: 'none' }))).status, 400);
  assert.equal(await count(), beforehand);
});

test('quota: 403 forbidden, naming the resource', async () => {
  const project = { ...member, projectId: 'p-quota' };
  await api.ask(admin, 'PUT', '/os-quota-sets/p-quota', { quota_set: { instances: 2 } });
  assert.equal((await api.ask(project, 'POST', '/servers', wanted({ min_count: 1, max_count: 5 }))).status, 202);
  const { status, body } = await api.ask(project, 'POST', '/servers', wanted());
  assert.equal(status, 403);
  const { message } = body.forbidden as { message: string };
  assert.equal(message, 'Quota exceeded for instances: Requested 1, but already used 2 of 2 instances');
});

test('an action that the state does not allow is 409 with the state', async () => {
  const id = await create();
  const { status, body } = await api.ask(member, 'POST', `/servers/${id}/action`, { 'os-stop': null });
  assert.equal(status, 409);
  const { message } = body.conflictingRequest as { message: string };
  assert.equal(message, `Cannot 'stop' instance ${id} while it is in vm_state building`);
});

test('two stops at once: one is accepted, one refused', async () => {
  const id = await active();
  const both = await Promise.all(
    [1, 2].map(() => api.ask(member, 'POST', `/servers/${id}/action`, { 'os-stop': null })),
  );
  assert.deepEqual(both.map(({ status }) => status).sort(), [202, 409]);
  assert.equal(await api.database.manager.countBy(Operation, { resourceId: id, kind: 'instance.stop' }), 1);
});

test('actions make operations, shown as instance actions', async () => {
  const id = await active();
  assert.equal((await api.ask(member, 'POST', `/servers/${id}/action`, { reboot: { type: 'HARD' } })).status, 202);
  assert.equal((await show(id)).status, 'HARD_REBOOT');
  const { body } = await api.ask(member, 'GET', `/servers/${id}/os-instance-actions`);
  const actions = body.instanceActions as { action: string; request_id: string }[];
  assert.deepEqual(
    actions.map(({ action }) => action),
    ['reboot', 'create'],
  );
  const one = await api.ask(admin, 'GET', `/servers/${id}/os-instance-actions/${actions[0]!.request_id}`);
  assert.deepEqual((one.body.instanceAction as { events: unknown[] }).events, []);
});

test('live migration: for admins; unknown host 400; accepted 202 and MIGRATING', async () => {
  const id = await active();
  const move = (host: string | null) => ({ 'os-migrateLive': { host, block_migration: 'auto' } });
  assert.equal((await api.ask(member, 'POST', `/servers/${id}/action`, move(null))).status, 403);
  assert.equal((await api.ask(admin, 'POST', `/servers/${id}/action`, move('nowhere'))).status, 400);
  const { status, body } = await api.ask(admin, 'POST', `/servers/${id}/action`, move('h2'));
  assert.equal(status, 202, JSON.stringify(body));
  assert.equal((await show(id)).status, 'MIGRATING');
  const listed = await api.ask(admin, 'GET', `/servers/${id}/migrations`);
  assert.equal((listed.body.migrations as unknown[]).length, 1);
});

test('live migration: 409 in a wrong state; 400 at once with every reason, and the server is left alone', async () => {
  const id = await active();
  const ask = (host: string | null) =>
    api.ask(admin, 'POST', `/servers/${id}/action`, { 'os-migrateLive': { host, block_migration: 'auto' } });
  const source = api.agents.get('h1')!;
  source.reasons = ['nested uts namespace', 'ramfs credentials'];
  const { status, body } = await ask(null);
  assert.equal(status, 400);
  const { message } = body.badRequest as { message: string };
  assert.equal(message, 'nested uts namespace; ramfs credentials');
  const here = await ask('h1');
  assert.equal(here.status, 400);
  assert.match(JSON.stringify(here.body), /nested uts namespace.*is on h1 already/);
  source.reset();
  source.refuse('checkMigration', GrpcStatus.UNAVAILABLE, 'no connection');
  assert.match(JSON.stringify((await ask(null)).body.badRequest), /Host h1 does not answer/);
  assert.equal((await show(id)).status, 'ACTIVE');
  await api.database.manager.update(Instance, { id }, { vmState: 'stopped' });
  const stopped = await ask(null);
  assert.equal(stopped.status, 409);
  assert.match(JSON.stringify(stopped.body), /Cannot 'os-migrateLive' instance .* vm_state stopped/);
});

/** Bodies that are refused with 400 naming the field, by microversion; Nova: schemas/migrate_server.py, evacuate.py. */
const illegal: [version: number, action: string, body: unknown, field: RegExp][] = [
  [24, 'os-migrateLive', { host: null, block_migration: true }, /'disk_over_commit' is a required property/],
  [24, 'os-migrateLive', { host: null, block_migration: 'auto', disk_over_commit: false }, /block_migration/],
  [25, 'os-migrateLive', { host: null, block_migration: 'auto', disk_over_commit: false }, /disk_over_commit/],
  [25, 'os-migrateLive', { block_migration: 'auto' }, /'host' is a required property/],
  [25, 'os-migrateLive', { host: null }, /'block_migration' is a required property/],
  [25, 'os-migrateLive', { host: 'no such/host', block_migration: 'auto' }, /os-migrateLive\.host/],
  [25, 'os-migrateLive', { host: null, block_migration: 'perhaps' }, /block_migration/],
  [25, 'os-migrateLive', { host: null, block_migration: 1 }, /block_migration/],
  [29, 'os-migrateLive', { host: 'h2', block_migration: 'auto', force: true }, /'force' was unexpected/],
  [30, 'os-migrateLive', { host: 'h2', block_migration: 'auto', force: 'maybe' }, /force/],
  [30, 'os-migrateLive', { host: null, block_migration: 'auto', force: true }, /force to a non-provided destination/],
  [68, 'os-migrateLive', { host: 'h2', block_migration: 'auto', force: true }, /'force' was unexpected/],
  [90, 'os-migrateLive', { host: null, block_migration: 'auto', hurry: true }, /'hurry' was unexpected/],
  [90, 'os-migrateLive', { host: null, block_migration: false }, /block_migration is False.*no storage/],
  [55, 'migrate', { host: 'h2' }, /'host' was unexpected/],
  [56, 'migrate', { host: 'no such/host' }, /migrate\.host/],
  [13, 'evacuate', {}, /'onSharedStorage' is a required property/],
  [13, 'evacuate', { onSharedStorage: true, adminPass: 'x' }, /admin password/],
  [13, 'evacuate', { onSharedStorage: true }, /on no shared storage/],
  [14, 'evacuate', { onSharedStorage: false }, /'onSharedStorage' was unexpected/],
  [28, 'evacuate', { host: 'h2', force: true }, /'force' was unexpected/],
  [29, 'evacuate', { force: true }, /force to a non-provided destination/],
  [68, 'evacuate', { host: 'h2', force: true }, /'force' was unexpected/],
  [90, 'evacuate', { host: null }, /evacuate\.host/],
];

test('moves: fields by microversion, what is unknown or illegal is 400 and names the field', async () => {
  const id = await active();
  for (const [version, action, argument, field] of illegal) {
    const { status, body } = await api.ask(admin, 'POST', `/servers/${id}/action`, { [action]: argument }, version);
    const told = `${action} ${JSON.stringify(argument)} in 2.${version}: ${JSON.stringify(body)}`;
    assert.equal(status, 400, told);
    assert.match((body.badRequest as { message: string }).message, field, told);
  }
  assert.equal((await show(id)).status, 'ACTIVE');
});

test('live migration: what each microversion takes is accepted, a host forced or checked as Nova does', async () => {
  const disabled = (enabled: boolean) => api.database.manager.update(Host, { name: 'h2' }, { enabled });
  const accepts = async (version: number, body: object) => {
    const path = `/servers/${await active()}/action`;
    return (await api.ask(admin, 'POST', path, { 'os-migrateLive': body }, version)).status;
  };
  assert.equal(await accepts(1, { host: null, block_migration: 'True', disk_over_commit: 'no' }), 202);
  assert.equal(await accepts(25, { host: null, block_migration: 'auto' }), 202);
  await disabled(false);
  try {
    assert.equal(await accepts(29, { host: 'h2', block_migration: 'auto' }), 202, 'up to 2.29 a host is forced');
    assert.equal(await accepts(30, { host: 'h2', block_migration: 'auto' }), 400, 'from 2.30 it is checked');
    assert.equal(await accepts(30, { host: 'h2', block_migration: 'auto', force: 'True' }), 202, 'unless forced');
    assert.equal(await accepts(68, { host: 'h2', block_migration: 'auto' }), 400, 'which ends with 2.68');
  } finally {
    await disabled(true);
  }
});

test('force_complete: 409 without a move, 400 for another id, body or status; 202 makes an operation', async () => {
  const id = await active();
  const force = (number: number, body: object = { force_complete: null }) =>
    api.ask(admin, 'POST', `/servers/${id}/migrations/${number}/action`, body);
  assert.equal((await force(1)).status, 409);
  const move = { 'os-migrateLive': { host: 'h2', block_migration: 'auto' } };
  assert.equal((await api.ask(admin, 'POST', `/servers/${id}/action`, move)).status, 202);
  const listed = await api.ask(admin, 'GET', `/servers/${id}/migrations`);
  const [{ id: migration }] = listed.body.migrations as { id: number }[];
  assert.equal((await force(999_999)).status, 400);
  assert.equal((await force(migration!, { force_complete: true })).status, 400);
  assert.equal((await force(migration!, { force_complete: null, now: true })).status, 400);
  const queued = await force(migration!);
  assert.equal(queued.status, 400);
  assert.match(JSON.stringify(queued.body), /is queued. Cannot force complete while/);
  await api.database.manager.update(Migration, { id: migration }, { status: 'running' });
  assert.equal((await force(migration!)).status, 202);
  assert.equal(await api.database.manager.countBy(Operation, { kind: 'migration.force-complete' }), 1);
  assert.equal((await api.ask(member, 'POST', `/servers/${id}/migrations/1/action`, {})).status, 403);
});

test('evacuation from a host that is up is 400', async () => {
  const id = await active();
  assert.equal((await api.ask(admin, 'POST', `/servers/${id}/action`, { evacuate: {} })).status, 400);
});

test('confirm and revert: 409 where it was not resized, 400 where its migration is gone', async () => {
  const id = await active();
  const confirm = () => api.ask(member, 'POST', `/servers/${id}/action`, { confirmResize: null });
  assert.equal((await confirm()).status, 409);
  await api.database.manager.update(Instance, { id }, { vmState: 'resized' });
  assert.equal((await confirm()).status, 400);
  assert.equal((await api.ask(member, 'POST', `/servers/${id}/action`, { revertResize: null })).status, 400);
});

test('evacuate to an unknown host is 404', async () => {
  const id = await active();
  await api.database.query(`UPDATE hosts SET forced_down = true WHERE name = 'h1'`);
  const { status } = await api.ask(admin, 'POST', `/servers/${id}/action`, { evacuate: { host: 'nowhere' } });
  await api.database.query(`UPDATE hosts SET forced_down = false WHERE name = 'h1'`);
  assert.equal(status, 404);
});

test('a resize counts against the quota of its project', async () => {
  const flavor = { id: 'huge', name: 'm1.huge', ram: 512, vcpus: 3, disk: 1 };
  assert.equal((await api.ask(admin, 'POST', '/flavors', { flavor })).status, 200);
  const id = await active();
  await api.database.manager.update(Instance, { id }, { projectId: 'p-small' });
  await api.ask(admin, 'PUT', '/os-quota-sets/p-small', { quota_set: { cores: 2 } });
  const resize = { resize: { flavorRef: 'huge' } };
  const owner = { ...member, projectId: 'p-small' };
  const { status, body } = await api.ask(owner, 'POST', `/servers/${id}/action`, resize);
  assert.equal(status, 403);
  const { message } = body.forbidden as { message: string };
  assert.equal(message, 'Quota exceeded for cores: Requested 2, but already used 1 of 2 cores');
  await api.ask(admin, 'PUT', '/os-quota-sets/p-small', { quota_set: { cores: 3 } });
  assert.equal((await api.ask(owner, 'POST', `/servers/${id}/action`, resize)).status, 202);
});

test("a server group takes as many members as the project's quota says", async () => {
  const owner = { ...member, projectId: 'p-group' };
  await api.ask(admin, 'PUT', '/os-quota-sets/p-group', { quota_set: { server_group_members: 2 } });
  const group = await api.ask(owner, 'POST', '/os-server-groups', { server_group: { name: 'g', policy: 'affinity' } });
  const hints = { group: (group.body.server_group as { id: string }).id };
  const ask = (count: number) =>
    api.ask(owner, 'POST', '/servers', { ...wanted({ min_count: count }), 'os:scheduler_hints': hints });
  assert.equal((await ask(3)).status, 403);
  assert.equal((await ask(2)).status, 202);
  assert.equal((await ask(1)).status, 403);
});

test('/v2.1/{project_id}/… is the same, for the project of the token only', async () => {
  const id = await active();
  const caller = { ...member, projectId: randomUUID().replaceAll('-', '') };
  await api.database.manager.update(Instance, { id }, { projectId: caller.projectId });
  const shown = await api.ask(caller, 'GET', `/${caller.projectId}/servers/${id}`);
  assert.equal(shown.status, 200, JSON.stringify(shown.body));
  const listed = await api.ask(caller, 'GET', `/${caller.projectId}/servers?limit=1`);
  assert.equal((listed.body.servers as { id: string }[])[0]!.id, id);
  assert.equal((await api.ask(caller, 'GET', `/${randomUUID()}/servers/${id}`)).status, 400);
});

test('deleting twice makes one operation; a deleted server is gone', async () => {
  const id = await active();
  assert.equal((await api.ask(member, 'DELETE', `/servers/${id}`)).status, 204);
  assert.equal((await api.ask(member, 'DELETE', `/servers/${id}`)).status, 204);
  assert.equal(await api.database.manager.countBy(Operation, { resourceId: id, kind: 'instance.delete' }), 1);
  await api.database.transaction((tx) => transitions.markDeleted(tx, id));
  assert.equal((await api.ask(member, 'GET', `/servers/${id}`)).status, 404);
});

test('a delete wins over a build that ends after it', async () => {
  const id = await create();
  await api.ask(member, 'DELETE', `/servers/${id}`);
  const host = await api.database.manager.findOneByOrFail(Host, { name: 'h1' });
  await assert.rejects(
    api.database.transaction((tx) => transitions.finishBuild(tx, id, host.id)),
    /deleting/,
  );
});

test('a failed build is ERROR and shows its fault', async () => {
  const id = await create();
  await api.database.transaction((tx) => transitions.setError(tx, id, { message: 'No valid host was found.' }));
  const server = await show(id);
  assert.equal(server.status, 'ERROR');
  assert.equal(server.fault!.message, 'No valid host was found.');
});

test('lists page by marker without losing or repeating any, in any order', async () => {
  const project = { ...member, projectId: 'p-paging' };
  for (let n = 0; n < 5; n++) await api.ask(project, 'POST', '/servers', wanted({ name: `page-${n % 2}` }));
  for (const sort of ['', '&sort_key=display_name&sort_dir=asc', '&sort_key=task_state&sort_key=uuid']) {
    const seen: string[] = [];
    let marker = '';
    do {
      const { body } = await api.ask(project, 'GET', `/servers/detail?limit=2${sort}${marker}`);
      assert.ok(body.servers, JSON.stringify(body));
      const page = body.servers as ServerBody[];
      seen.push(...page.map(({ id }) => id));
      marker = page.length ? `&marker=${page.at(-1)!.id}` : '';
    } while (marker);
    assert.equal(new Set(seen).size, 5, sort);
    assert.equal(seen.length, 5, sort);
  }
});

test('filters: by name, status, address; every project for admins only', async () => {
  const project = { ...member, projectId: 'p-filters' };
  await api.ask(project, 'POST', '/servers', wanted({ name: 'blue' }));
  const names = async (query: string, caller = project) =>
    ((await api.ask(caller, 'GET', `/servers?${query}`)).body.servers as ServerBody[]).map(({ name }) => name);
  assert.deepEqual(await names('name=^bl'), ['blue']);
  assert.deepEqual(await names('status=BUILD'), ['blue']);
  assert.deepEqual(await names('status=ACTIVE'), []);
  assert.deepEqual(await names('ip=10\\.9'), ['blue']);
  assert.ok((await names('all_tenants=1', admin)).length > 5);
  assert.equal((await api.ask(project, 'GET', '/servers?all_tenants=1')).status, 403);
});

test('microversions: told in every answer, 406 and 400 where they cannot be had', async () => {
  const answer = await api.ask(member, 'GET', '/servers', undefined, 53);
  assert.equal(answer.headers.get('OpenStack-API-Version'), 'compute 2.53');
  assert.match(answer.headers.get('Vary')!, /OpenStack-API-Version/);
  assert.equal((await api.ask(member, 'GET', '/servers', undefined, 999)).status, 406);
  assert.equal((await api.ask(null, 'GET', '/servers')).status, 401);
});
