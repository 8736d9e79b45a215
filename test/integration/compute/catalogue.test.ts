import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, test } from 'node:test';
import { Host } from '#libs/fleet/hosts/host.entity';
import { admin, ComputeApi, member } from '../support/compute-api.js';

let api: ComputeApi;

before(async () => {
  api = await ComputeApi.start();
  const leaseExpiresAt = new Date(Date.now() + 600_000);
  const size = { vcpus: 4, memoryMb: 4096, diskGb: 50, leaseExpiresAt };
  for (const name of ['h1', 'h2'])
    await api.database.manager.insert(Host, {
      id: randomUUID(),
      name,
      role: 'compute',
      address: '127.0.0.1:1',
      ...size,
    });
});

after(() => api?.stop());

type Row = Record<string, unknown>;

test('flavors: created by admins, listed in pages, private ones seen by who has access', async () => {
  const flavor = { name: 'm1', ram: 64, vcpus: 1, disk: 1 };
  assert.equal((await api.ask(member, 'POST', '/flavors', { flavor })).status, 403);
  for (const name of ['a', 'b', 'c'])
    assert.equal((await api.ask(admin, 'POST', '/flavors', { flavor: { ...flavor, id: name, name } })).status, 200);
  assert.equal((await api.ask(admin, 'POST', '/flavors', { flavor: { ...flavor, name: 'a' } })).status, 409);
  assert.equal((await api.ask(admin, 'POST', '/flavors', { flavor: { ...flavor, ram: 0 } })).status, 400);
  const hidden = { ...flavor, id: 'x', name: 'x', 'os-flavor-access:is_public': false };
  await api.ask(admin, 'POST', '/flavors', { flavor: hidden });
  assert.equal((await api.ask(member, 'GET', '/flavors/x')).status, 404);
  const grant = { addTenantAccess: { tenant: member.projectId } };
  assert.equal((await api.ask(admin, 'POST', '/flavors/x/action', grant)).status, 200);
  assert.equal((await api.ask(member, 'GET', '/flavors/x')).status, 200);
  const page = await api.ask(member, 'GET', '/flavors?limit=2');
  assert.deepEqual(
    (page.body.flavors as Row[]).map(({ id }) => id),
    ['a', 'b'],
  );
  const next = (page.body.flavors_links as { href: string }[])[0]!.href.split('/compute/v2.1')[1]!;
  assert.deepEqual(
    ((await api.ask(member, 'GET', next)).body.flavors as Row[]).map(({ id }) => id),
    ['c', 'x'],
  );
});

test('extra specs are set one by one and taken away', async () => {
  await api.ask(admin, 'POST', '/flavors', { flavor: { id: 's', name: 's', ram: 64, vcpus: 1, disk: 1 } });
  const specs = { extra_specs: { 'lxd:security.nesting': 'true', weight: 3 } };
  assert.deepEqual((await api.ask(admin, 'POST', '/flavors/s/os-extra_specs', specs)).body, {
    extra_specs: { 'lxd:security.nesting': 'true', weight: '3' },
  });
  assert.equal((await api.ask(admin, 'DELETE', '/flavors/s/os-extra_specs/weight')).status, 200);
  assert.equal((await api.ask(admin, 'DELETE', '/flavors/s/os-extra_specs/weight')).status, 404);
});

test('extra specs that no host would act on are refused, all of a request, naming the key', async () => {
  await api.ask(admin, 'POST', '/flavors', { flavor: { id: 't', name: 't', ram: 64, vcpus: 1, disk: 1 } });
  const set = (specs: object) => api.ask(admin, 'POST', '/flavors/t/os-extra_specs', { extra_specs: specs });
  for (const [key, value] of [
    ['hw:cpu_policy', 'dedicated'],
    ['resources:VCPU', 2],
    ['quota:disk_read_iops_sec', '100'],
    ['trait:HW_CPU_X86_AVX2', 'yes'],
    ['trait:nonsense', 'required'],
    ['lxd:security.nesting', 'perhaps'],
    ['lxd:limits.disk', '1GiB'],
  ] as const) {
    const answer = await set({ 'acme:fine': '1', [key]: value });
    assert.equal(answer.status, 400, key);
    assert.ok(JSON.stringify(answer.body).includes(key), JSON.stringify(answer.body));
    const alone = await api.ask(admin, 'PUT', `/flavors/t/os-extra_specs/${key}`, { [key]: value });
    assert.equal(alone.status, 400, key);
  }
  const list = async () => (await api.ask(admin, 'GET', '/flavors/t/os-extra_specs')).body.extra_specs;
  assert.deepEqual(await list(), {});
  const fine = { 'acme:tier': 'gold', 'trait:HW_CPU_X86_AVX2': 'required', 'hw:cpu_policy': 'shared' };
  assert.equal((await set(fine)).status, 200);
  assert.deepEqual(await list(), fine);
});

test('hypervisors: integer ids up to 2.52, UUIDs from 2.53 on; found by both', async () => {
  assert.equal((await api.ask(member, 'GET', '/os-hypervisors')).status, 403);
  for (const [version, type] of [
    [52, 'number'],
    [53, 'string'],
  ] as const) {
    const list = await api.ask(admin, 'GET', '/os-hypervisors/detail', undefined, version);
    const [first] = list.body.hypervisors as Row[];
    assert.equal(typeof first!.id, type);
    const one = await api.ask(admin, 'GET', `/os-hypervisors/${String(first!.id)}`, undefined, version);
    assert.equal((one.body.hypervisor as Row).hypervisor_hostname, 'h1');
  }
  assert.equal((await api.ask(admin, 'GET', `/os-hypervisors/${randomUUID()}`)).status, 404);
});

test('services are disabled with a reason and enabled, by name and by id', async () => {
  const named = { host: 'h2', binary: 'nova-compute' };
  const off = { ...named, disabled_reason: 'broken' };
  assert.equal((await api.ask(admin, 'PUT', '/os-services/disable-log-reason', off, 52)).status, 200);
  const listed = async () => ((await api.ask(admin, 'GET', '/os-services?host=h2')).body.services as Row[])[0]!;
  assert.deepEqual([(await listed()).status, (await listed()).disabled_reason], ['disabled', 'broken']);
  const { id } = await listed();
  assert.equal((await api.ask(admin, 'PUT', `/os-services/${String(id)}`, { status: 'enabled' })).status, 200);
  assert.equal((await listed()).status, 'enabled');
  assert.equal((await api.ask(admin, 'PUT', '/os-services/disable', { ...named, host: 'none' }, 52)).status, 404);
});

test('quotas: defaults, set by admins, back to the defaults', async () => {
  const limit = async () => ((await api.ask(admin, 'GET', '/os-quota-sets/p1')).body.quota_set as Row).cores;
  assert.equal(await limit(), 20);
  assert.equal((await api.ask(admin, 'PUT', '/os-quota-sets/p1', { quota_set: { cores: '40' } })).status, 200);
  assert.equal(await limit(), 40);
  assert.equal((await api.ask(admin, 'PUT', '/os-quota-sets/p1', { quota_set: { cores: -2 } })).status, 400);
  assert.equal((await api.ask(admin, 'PUT', '/os-quota-sets/p1', { quota_set: { horses: 2 } })).status, 400);
  assert.equal((await api.ask(admin, 'DELETE', '/os-quota-sets/p1')).status, 202);
  assert.equal(await limit(), 20);
});

test('key pairs: a made one answers its private half once; a bad key is 400', async () => {
  const made = await api.ask(member, 'POST', '/os-keypairs', { keypair: { name: 'k', type: 'ssh' } });
  assert.equal(made.status, 201);
  const { public_key, private_key, fingerprint } = made.body.keypair as Record<string, string>;
  assert.match(private_key!, /BEGIN RSA PRIVATE KEY/);
  const shown = (await api.ask(member, 'GET', '/os-keypairs/k')).body.keypair as Row;
  assert.deepEqual([shown.public_key, shown.fingerprint, shown.private_key], [public_key, fingerprint, undefined]);
  const bad = { keypair: { name: 'b', public_key: 'ssh-rsa nonsense' } };
  assert.equal((await api.ask(member, 'POST', '/os-keypairs', bad)).status, 400);
  assert.equal((await api.ask(member, 'DELETE', '/os-keypairs/k')).status, 204);
});

test('key pairs: as many as the quota says, then 403', async () => {
  const caller = { ...member, projectId: 'p-keys', userId: 'u-keys' };
  await api.ask(admin, 'PUT', '/os-quota-sets/p-keys', { quota_set: { key_pairs: 1 } });
  const made = () => api.ask(caller, 'POST', '/os-keypairs', { keypair: { name: `k${Math.random()}`, type: 'ssh' } });
  assert.equal((await made()).status, 201);
  assert.equal((await made()).status, 403);
});

test('discovery is open and names the range', async () => {
  const { body } = await api.ask(null, 'GET', '/');
  const version = body.version as Row;
  assert.deepEqual([version.id, version.min_version, version.version], ['v2.1', '2.1', '2.90']);
});
