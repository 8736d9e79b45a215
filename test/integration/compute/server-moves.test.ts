import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { status as GrpcStatus } from '@grpc/grpc-js';
import { Host } from '#libs/fleet/hosts/host.entity';
import { Migration } from '#libs/mobility/migrations/migration.entity';
import { Instance } from '#libs/compute/instances/instance.entity';
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

test('live migration: for admins; unknown host 400; accepted 202 and MIGRATING', async () => {
  const id = await servers.active();
  const move = (host: string | null) => ({ 'os-migrateLive': { host, block_migration: 'auto' } });
  assert.equal((await api.ask(member, 'POST', `/servers/${id}/action`, move(null))).status, 403);
  assert.equal((await api.ask(admin, 'POST', `/servers/${id}/action`, move('nowhere'))).status, 400);
  const { status, body } = await api.ask(admin, 'POST', `/servers/${id}/action`, move('h2'));
  assert.equal(status, 202, JSON.stringify(body));
  assert.equal((await servers.show(id)).status, 'MIGRATING');
  const listed = await api.ask(admin, 'GET', `/servers/${id}/migrations`);
  assert.equal((listed.body.migrations as unknown[]).length, 1);
});

test('live migration: 409 in a wrong state; 400 at once with every reason, and the server is left alone', async () => {
  const id = await servers.active();
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
  assert.equal((await servers.show(id)).status, 'ACTIVE');
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
  const id = await servers.active();
  for (const [version, action, argument, field] of illegal) {
    const { status, body } = await api.ask(admin, 'POST', `/servers/${id}/action`, { [action]: argument }, version);
    const told = `${action} ${JSON.stringify(argument)} in 2.${version}: ${JSON.stringify(body)}`;
    assert.equal(status, 400, told);
    assert.match((body.badRequest as { message: string }).message, field, told);
  }
  assert.equal((await servers.show(id)).status, 'ACTIVE');
});

test('live migration: what each microversion takes is accepted, a host forced or checked as Nova does', async () => {
  const disabled = (enabled: boolean) => api.database.manager.update(Host, { name: 'h2' }, { enabled });
  const accepts = async (version: number, body: object) => {
    const path = `/servers/${await servers.active()}/action`;
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
  const id = await servers.active();
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
  const id = await servers.active();
  assert.equal((await api.ask(admin, 'POST', `/servers/${id}/action`, { evacuate: {} })).status, 400);
});

test('confirm and revert: 409 where it was not resized, 400 where its migration is gone', async () => {
  const id = await servers.active();
  const confirm = () => api.ask(member, 'POST', `/servers/${id}/action`, { confirmResize: null });
  assert.equal((await confirm()).status, 409);
  await api.database.manager.update(Instance, { id }, { vmState: 'resized' });
  assert.equal((await confirm()).status, 400);
  assert.equal((await api.ask(member, 'POST', `/servers/${id}/action`, { revertResize: null })).status, 400);
});

test('evacuate to an unknown host is 404', async () => {
  const id = await servers.active();
  await api.database.query(`UPDATE hosts SET forced_down = true WHERE name = 'h1'`);
  const { status } = await api.ask(admin, 'POST', `/servers/${id}/action`, { evacuate: { host: 'nowhere' } });
  await api.database.query(`UPDATE hosts SET forced_down = false WHERE name = 'h1'`);
  assert.equal(status, 404);
});

test('a resize counts against the quota of its project', async () => {
  const flavor = { id: 'huge', name: 'm1.huge', ram: 512, vcpus: 3, disk: 1 };
  assert.equal((await api.ask(admin, 'POST', '/flavors', { flavor })).status, 200);
  const id = await servers.active();
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
