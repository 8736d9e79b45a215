import 'reflect-metadata';
import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';
import type { EntityManager } from 'typeorm';
import type { Fence } from '#generated/lxstack/agent/v1/control_plane';
import { newId } from '#libs/common/ids';
import { Fencing } from '#libs/fleet/fencing/fencing.service';
import { HostRecords } from '#libs/fleet/hosts/host-records';
import { Hosts } from '#libs/fleet/hosts/hosts.service';
import { Leases } from '#libs/fleet/leases/leases.service';
import type { NewOperation, Operations } from '#libs/operations/operations.service';
import { operator } from '../support/operator.js';
import { createTestDatabase } from '../support/servers.js';
import type { TestDatabase } from '../support/servers.js';

// What heartbeats agree on, and what may be evacuated on that ground, against a real PostgreSQL.
let database: TestDatabase;
let leases: Leases;
let hosts: Hosts;
let fencing: Fencing;
let resyncs: string[];
let hostId: string;

before(async () => {
  database = await createTestDatabase();
  const operations = {
    transact: <T>(work: (tx: EntityManager, create: (operation: NewOperation) => void) => Promise<T>) =>
      database.dataSource.transaction((tx) => work(tx, ({ resourceId }) => void resyncs.push(resourceId))),
  };
  leases = new Leases(operations as unknown as Operations);
  const records = new HostRecords(database.dataSource);
  hosts = new Hosts(database.dataSource, records);
  fencing = new Fencing(database.dataSource, records);
});
after(() => database.drop());

beforeEach(async () => {
  resyncs = [];
  hostId = newId();
  await database.dataSource.query('DELETE FROM hosts');
  await database.dataSource.query(
    `INSERT INTO hosts (id, name, role, address) VALUES ($1, 'h1', 'compute', '10.0.0.1:7080')`,
    [hostId],
  );
});

async function instance(metadata: object, extraSpecs: object = {}): Promise<string> {
  const id = newId();
  await database.dataSource.query(
    `INSERT INTO instances (id, name, hostname, project_id, user_id, flavor, image_id, host_id, vm_state, metadata)
     VALUES ($1, 'n', 'n', 'p', 'u', $2, $3, $4, 'active', $5)`,
    [id, JSON.stringify({ extraSpecs }), newId(), hostId, JSON.stringify(metadata)],
  );
  return id;
}

const marked = { HA_Enabled: 'True' };
const heartbeat = (fence?: Fence) => leases.renew('h1', { host: undefined, bootId: 'b', fence });
const promise = (...instanceIds: string[]): Fence => ({ freezeSeconds: 15, stopSeconds: 30, instanceIds });
const bar = (id: string) => database.dataSource.transaction((tx) => fencing.bar(tx, hostId, id));
const lostFor = (seconds: number) =>
  database.dataSource.query('UPDATE hosts SET lease_expires_at = now() - make_interval(secs => $1)', [seconds]);

test('an agent is told what is marked, by metadata or by the flavor, and for how long it may run', async () => {
  const ids = [await instance(marked), await instance({}, { 'lxstack:ha_enabled': 'true' })];
  await instance({ HA_Enabled: 'False' });
  const { leaseSeconds, fence } = await heartbeat();
  assert.equal(leaseSeconds, 15);
  assert.deepEqual(fence, promise(...ids.sort()));
});

test('a mark does not open the bar before the agent has promised to fence', async () => {
  const id = await instance(marked);
  await heartbeat();
  await lostFor(1000);
  assert.deepEqual(await bar(id), { state: 'unfenced' });
  await heartbeat(promise(id));
  assert.deepEqual(await bar(id), { state: 'up' });
  await lostFor(39);
  assert.equal((await bar(id)).state, 'fencing');
  await lostFor(40);
  assert.deepEqual(await bar(id), { state: 'open' });
});

test('an instance that is no longer marked does not count from the heartbeat on that tells the agent', async () => {
  const id = await instance(marked);
  await heartbeat(promise(id));
  await database.dataSource.query(`UPDATE instances SET metadata = '{}'`);
  assert.deepEqual((await heartbeat(promise(id))).fence?.instanceIds, []);
  await database.dataSource.query(`UPDATE instances SET metadata = '{"HA_Enabled":"True"}'`);
  await lostFor(1000);
  assert.deepEqual(await bar(id), { state: 'unfenced' });
});

test('the longer of the times counts while an agent has not promised the new ones', async () => {
  const id = await instance(marked);
  await heartbeat({ ...promise(id), stopSeconds: 300 });
  await lostFor(309);
  assert.equal((await bar(id)).state, 'fencing');
  await heartbeat({ ...promise(id), stopSeconds: 5 });
  await lostFor(39);
  assert.equal((await bar(id)).state, 'fencing');
});

test('a host that is forced down gets no lease, and is one that is back when that ends', async () => {
  const id = await instance(marked);
  await heartbeat(promise(id));
  resyncs = [];
  await hosts.setForcedDown(operator, 'h1', true);
  assert.deepEqual(await bar(id), { state: 'open' });
  assert.equal((await heartbeat(promise(id))).leaseSeconds, 0);
  await hosts.setForcedDown(operator, 'h1', false);
  assert.deepEqual(await bar(id), { state: 'unfenced' }, 'the promise was for the lease before');
  assert.equal((await heartbeat(promise(id))).leaseSeconds, 15);
  assert.deepEqual(resyncs, [hostId]);
});
