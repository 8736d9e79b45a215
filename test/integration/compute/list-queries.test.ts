import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { admin, member } from '../support/compute-api.js';
import type { ComputeApi } from '../support/compute-api.js';
import { ServersApi } from '../support/servers-api.js';

let servers: ServersApi;
let api: ComputeApi;

before(async () => {
  servers = await ServersApi.start();
  ({ api } = servers);
  await servers.create({ name: 'blue' });
});
after(() => servers?.stop());

const get = (path: string, version = 90, caller = member) => api.ask(caller, 'GET', path, undefined, version);
const query = (text: string) => `/servers?${text.replaceAll('\\', '%5C').replaceAll('#', '%23')}`;
const found = async (path: string, version = 90, caller = member) => {
  const { status, body } = await get(path, version, caller);
  assert.equal(status, 200, `${path}: ${JSON.stringify(body)}`);
  return (Object.values(body)[0] as unknown[]).length;
};
const refused = async (path: string, names: RegExp, version = 90, caller = member) => {
  const { status, body } = await get(path, version, caller);
  assert.equal(status, 400, `${path}: ${status} ${JSON.stringify(body)}`);
  assert.match((body.badRequest as { message: string }).message, names);
};

test('patterns that PostgreSQL does not take are 400, and so are those that take too long', async () => {
  for (const pattern of ['a{256}', '\\1', '(?<x>a)', '\\p{L}', '[\\w-a]', '(', '*a', 'x'.repeat(256)])
    for (const field of ['name', 'ip', 'ip6']) await refused(query(`${field}=${pattern}`), new RegExp(field));
  // PostgreSQL would take minutes to compile it.
  await refused(query(`name=${'(x{1,200}){1,200}'.repeat(3)}`), /name/);
  assert.equal(await found(query('name=^bl')), 1);
  assert.equal(await found(query('name=^gr')), 0);
});

test('an unknown status matches no server up to 2.37 and is 400 from 2.38 on', async () => {
  assert.equal(await found('/servers?status=BUILD'), 1);
  assert.equal(await found('/servers?status=RUNING', 37), 0);
  await refused('/servers?status=RUNING', /status/, 38);
});

test('unknown query fields are 400 where Nova says so, and passed over before that', async () => {
  for (const [path, since] of [
    ['/servers?nmae=x', 75],
    ['/servers/detail?nmae=x', 75],
    ['/flavors?x=y', 75],
    ['/os-migrations?hsot=h1', 59],
    ['/os-hypervisors?x=y', 53],
    ['/os-services?x=y', 75],
    ['/os-server-groups?x=y', 75],
    ['/os-keypairs?x=y', 75],
    ['/limits?x=y', 75],
    ['/servers?changes-before=2026-01-01T00:00:00Z&tags=a&name[x]=1', 75],
  ] as const) {
    await refused(path, /was unexpected/, since, admin);
    assert.equal((await get(path, since - 1, admin)).status, 200, path);
  }
  await refused('/servers?system_metadata=x', /system_metadata/, 1);
});

test('a filter by a field that is the same for every server narrows too', async () => {
  for (const none of ['locked=True', 'progress=7', 'soft_deleted=1', 'reservation_id=r-1', 'kernel_id=x'])
    assert.equal(await found(`/servers?${none}`), 0, none);
  for (const all of ['locked=False', 'progress=0', 'display_name=blue'])
    assert.equal(await found(`/servers?${all}`), 1);
});

test('limit=0 asks for no server, and beyond the range of an integer is 400', async () => {
  assert.equal(await found('/servers?limit=0'), 0);
  assert.equal(await found('/flavors?limit=0'), 0);
  await refused('/servers?limit=-1', /limit/);
  for (const field of ['minDisk', 'minRam']) await refused(`/flavors?${field}=99999999999`, new RegExp(field));
});

test('booleans are read in any spelling, and what is none is 400', async () => {
  for (const yes of ['True', 'true', '1', 'yes', '']) {
    assert.ok((await found(`/servers?all_tenants=${yes}`, 90, admin)) >= 1);
    assert.equal((await get(`/os-hypervisors?with_servers=${yes}`, 90, admin)).status, 200);
  }
  await refused('/servers?all_tenants=perhaps', /all_tenants/, 90, admin);
});

test('an instance id that is no UUID finds no migration', async () => {
  assert.equal(await found('/os-migrations?instance_uuid=x', 90, admin), 0);
  await refused('/os-migrations?changes-since=yesterday', /changes-since/, 90, admin);
});
