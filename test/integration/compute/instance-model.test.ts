import 'reflect-metadata';
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Module } from '@nestjs/common';
import type { INestApplicationContext } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { DataSource } from 'typeorm';
import { ConflictError, ForbiddenError, NotFoundError, QuotaExceededError } from '#libs/common/errors';
import { newId } from '#libs/common/ids';
import { ComputeModule } from '#libs/compute/compute.module';
import { Instance } from '#libs/compute/instances/instance.entity';
import { InstanceCreation } from '#libs/compute/instances/create/instance-creation';
import { Instances } from '#libs/compute/instances/instances';
import type { NewInstance } from '#libs/compute/instances/create/new-instance';
import { Profiles } from '#libs/compute/profiles/profiles';
import { Quota } from '#libs/compute/quotas/quota.entity';
import { ServerGroups } from '#libs/compute/server-groups/server-groups';
import { Snapshots } from '#libs/compute/snapshots/snapshots';
import { DatabaseModule } from '#libs/database/database.module';
import { FleetModule } from '#libs/fleet/fleet.module';
import { Operation } from '#libs/operations/operation.entity';
import { OperationsModule } from '#libs/operations/operations.module';
import { StorageVolumes } from '#libs/storage/volumes/storage-volumes';
import { createTestDatabase } from '../support/servers.js';
import type { TestDatabase } from '../support/servers.js';
import { TestPki } from '../support/test-pki.js';
import { TestRedis } from '../support/test-redis.js';
import { member } from '../support/compute-api.js';
import { mkdtemp, rm } from 'node:fs/promises';

@Module({ imports: [DatabaseModule, OperationsModule, FleetModule, ComputeModule] })
class TestModule {}

/** A container as LXD's face will ask for it: without flavor and image. */
const wanted: NewInstance = {
  name: 'c1',
  imageId: null,
  flavorId: null,
  resources: { vcpus: 2, memoryMb: 512, diskGb: 5 },
  nameIsUnique: true,
  networks: 'none',
  metadata: {},
  tags: [],
  keyName: null,
  userData: null,
  description: null,
  availabilityZone: null,
  requestedHost: null,
  schedulerHints: {},
  minCount: 1,
  maxCount: 1,
};

let database: TestDatabase;
let redis: TestRedis;
let app: INestApplicationContext;
let pki: string;
before(async () => {
  [database, redis] = await Promise.all([createTestDatabase(), TestRedis.start()]);
  pki = await mkdtemp('/tmp/lx-model-pki-');
  process.env.LXSTACK_DATABASE_URL = database.url;
  process.env.LXSTACK_REDIS_URL = redis.url();
  process.env.LXSTACK_PKI_DIR = await (await TestPki.create(pki)).issue('control:api');
  app = await NestFactory.createApplicationContext(TestModule, { logger: ['error'] });
});
after(async () => {
  await app.close();
  await Promise.all([database.drop(), redis.stop(), rm(pki, { recursive: true })]);
});

const create = (change: Partial<NewInstance>, caller = member) =>
  app.get(InstanceCreation).create(caller, { ...wanted, ...change });

test('an instance without flavor and image has its own resources, which count against the quota', async () => {
  const caller = { ...member, projectId: newId() };
  const [{ id }] = await create({ name: 'a', ephemeral: true, resources: { ...wanted.resources!, vcpus: 15 } }, caller);
  const instance = await app.get(Instances).get(caller, id);
  const { vcpus, memoryMb, diskGb, flavor, imageId, ephemeral } = instance;
  assert.deepEqual([vcpus, memoryMb, diskGb, flavor, imageId, ephemeral], [15, 512, 5, null, null, true]);
  await assert.rejects(
    create({ name: 'b', resources: { ...wanted.resources!, vcpus: 6 } }, caller),
    (error) => error instanceof QuotaExceededError && error.resource === 'cores' && error.used === 15,
  );
});

test('requests at the same time never exceed the quota, whether they ask for an exact count or a range', async () => {
  const caller = { ...member, projectId: newId() };
  await app.get(DataSource).manager.insert(Quota, { projectId: caller.projectId, resource: 'instances', limit: 4 });
  const asked = Array.from({ length: 6 }, (_, n) =>
    create({ name: `q${n}`, minCount: 1, maxCount: n % 2 ? 1 : 2 }, caller),
  );
  const ended = await Promise.allSettled(asked);
  const made = ended.flatMap((one) => (one.status === 'fulfilled' ? one.value : []));
  assert.equal(made.length, 4);
  for (const one of ended) assert.ok(one.status === 'fulfilled' || one.reason instanceof QuotaExceededError);
  await assert.rejects(
    create({ name: 'many', minCount: 3, maxCount: 3 }, caller),
    (error) => error instanceof QuotaExceededError && error.requested === 3 && error.used === 4,
  );
});

test('requests at the same time never put more members into a server group than the quota allows', async () => {
  const caller = { ...member, projectId: newId() };
  const quota = { projectId: caller.projectId, resource: 'server_group_members', limit: 3 };
  await app.get(DataSource).manager.insert(Quota, quota);
  const { id: group } = await app.get(ServerGroups).create(caller, { name: 'g', policy: 'soft-affinity' });
  const asked = Array.from({ length: 6 }, (_, n) => create({ name: `m${n}`, schedulerHints: { group } }, caller));
  const ended = await Promise.allSettled(asked);
  assert.equal(ended.filter(({ status }) => status === 'fulfilled').length, 3);
  for (const one of ended) assert.ok(one.status === 'fulfilled' || one.reason instanceof QuotaExceededError);
});

test("a name that is to be unique is so in its project, also by a rename; Nova's names do not count", async () => {
  const [{ id }] = await create({ name: 'one' });
  await assert.rejects(create({ name: 'one' }), ConflictError);
  await create({ name: 'one', nameIsUnique: false });
  await create({ name: 'one' }, { ...member, projectId: newId() });
  const [other] = await create({ name: 'two' });
  await assert.rejects(app.get(Instances).update(member, other.id, { name: 'one' }), ConflictError);
  await app.get(DataSource).manager.update(Instance, { id }, { deletedAt: new Date() });
  await create({ name: 'one' });
});

test('a control plane of the version before writes a flavor only: the columns follow it', async () => {
  const id = newId();
  const read = async () => {
    const { vcpus, memoryMb, diskGb } = await app.get(DataSource).manager.findOneByOrFail(Instance, { id });
    return [vcpus, memoryMb, diskGb];
  };
  await database.dataSource.query(
    `INSERT INTO instances (id, name, hostname, project_id, user_id, flavor, vm_state)
     VALUES ($1, 'old', 'old', 'p', 'u', '{"vcpus": 1, "ramMb": 64, "diskGb": 2}', 'building')`,
    [id],
  );
  assert.deepEqual(await read(), [1, 64, 2]);
  const larger = { vcpus: 2, ramMb: 128, diskGb: 3 };
  await database.dataSource.query('UPDATE instances SET flavor = $2 WHERE id = $1', [id, JSON.stringify(larger)]);
  assert.deepEqual(await read(), [2, 128, 3]);
});

test("an operation shows what LXD's operations show", async () => {
  const [{ id }] = await create({ name: 'shown' });
  const operation = await app.get(DataSource).manager.findOneByOrFail(Operation, { resourceId: id });
  const { class: kind, description, metadata, resources, mayCancel } = operation;
  assert.deepEqual(
    [kind, description, metadata, resources, mayCancel],
    ['task', 'Creating instance', {}, { instance: [id] }, true],
  );
});

test('profiles are unique per project, the default one is always there, and one in use stays', async () => {
  const profiles = app.get(Profiles);
  const made = await profiles.create(member, { name: 'web', config: { 'limits.cpu': '2' } });
  assert.deepEqual(
    (await profiles.list(member)).map(({ name }) => name),
    ['default', 'web'],
  );
  assert.deepEqual(
    (await profiles.list(member, { marker: 'default', limit: 1 })).map(({ id }) => id),
    [made.id],
  );
  await assert.rejects(profiles.create(member, { name: 'web' }), ConflictError);
  await assert.rejects(profiles.delete(member, 'default'), ForbiddenError);
  await create({ name: 'user', profiles: ['default', 'web'] });
  await assert.rejects(profiles.delete(member, 'web'), ConflictError);
  await profiles.create(member, { name: 'idle' });
  await profiles.delete(member, 'idle');
  await assert.rejects(profiles.get(member, 'idle'), NotFoundError);
});

test('a snapshot is made in the transaction of its operation, with the configuration of its instance', async () => {
  const snapshots = app.get(Snapshots);
  const { manager } = app.get(DataSource);
  const [instance] = await create({ name: 'snapped', config: { 'user.a': '1' } });
  const make = (name: string) => manager.transaction((tx) => snapshots.create(tx, instance, { name }));
  for (const name of ['s0', 's1', 's2']) assert.equal((await make(name)).state, 'creating');
  assert.deepEqual((await snapshots.get(instance.id, 's0')).config, { 'user.a': '1' });
  await assert.rejects(make('s0'), ConflictError);
  const names = (await snapshots.list(instance.id, { marker: 's0', limit: 1 })).map(({ name }) => name);
  assert.deepEqual(names, ['s1']);
  await manager.transaction((tx) => snapshots.delete(tx, instance.id, 's1'));
  await assert.rejects(snapshots.get(instance.id, 's1'), NotFoundError);
});

test('volumes are unique per project and pool', async () => {
  const volumes = new StorageVolumes(app.get(DataSource));
  const volume = { pool: 'default', name: 'data', contentType: 'filesystem' as const, sizeGb: 3 };
  assert.equal((await volumes.create(member, volume)).sizeGb, 3);
  await volumes.create(member, { ...volume, pool: 'fast' });
  await assert.rejects(volumes.create(member, volume), ConflictError);
  assert.deepEqual(
    (await volumes.list(member, 'default')).map(({ name }) => name),
    ['data'],
  );
  await volumes.delete(member, 'default', 'data');
  await assert.rejects(volumes.get(member, 'default', 'data'), NotFoundError);
});
