import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';
import { newId } from '#libs/common/ids';
import { Claims } from '#libs/scheduling/claims/claims.service';
import { NoValidHostError } from '#libs/scheduling/placement/no-valid-host.error';
import { Scheduler } from '#libs/scheduling/placement/scheduler.service';
import { createTestDatabase } from '../support/servers.js';
import type { TestDatabase } from '../support/servers.js';

let database: TestDatabase;
let claims: Claims;
let scheduler: Scheduler;
const resources = { vcpus: 1, memoryMb: 100, diskGb: 1 };

before(async () => {
  database = await createTestDatabase();
});
after(() => database.drop());
beforeEach(async () => {
  await database.dataSource.query('TRUNCATE hosts, allocations');
  claims = new Claims(database.dataSource);
  scheduler = new Scheduler(database.dataSource, claims);
});

/** A host with room for `room` of `resources`. */
async function addHost(name: string, room: number): Promise<string> {
  const id = newId();
  await database.dataSource.query(
    `INSERT INTO hosts (id, name, role, address, vcpus, memory_mb, disk_gb, memory_ratio, lease_expires_at)
     VALUES ($1, $2, 'compute', '', 64, $3, 1000, 1, now() + interval '1 hour')`,
    [id, name, room * 100],
  );
  return id;
}

/** Invariant 3, as the audit sees it: hosts whose sums are not those of their allocations. */
async function wrongSums(): Promise<unknown[]> {
  return database.dataSource.query(
    `SELECT h.name FROM hosts h JOIN host_usage u ON u.host_id = h.id LEFT JOIN allocations a ON a.host_id = h.id
     GROUP BY h.id, u.host_id
     HAVING u.used_vcpus <> coalesce(sum(a.vcpus), 0) OR u.used_memory_mb <> coalesce(sum(a.memory_mb), 0)
       OR u.used_disk_gb <> coalesce(sum(a.disk_gb), 0)`,
  );
}

const place = (id = newId()) => scheduler.place({ consumerId: id, instanceId: id, resources });

test('invariant 3: claims made at once never exceed a host and always add up', async () => {
  await Promise.all([addHost('a', 7), addHost('b', 5)]);
  const results = await Promise.allSettled([...Array(30).keys()].map(() => place()));
  assert.equal(results.filter(({ status }) => status === 'fulfilled').length, 12);
  for (const result of results)
    if (result.status === 'rejected') assert.ok(result.reason instanceof NoValidHostError, String(result.reason));
  assert.deepEqual(await wrongSums(), []);
});

test('a placement that is asked for again gives the same host and claims nothing', async () => {
  await Promise.all([addHost('a', 3), addHost('b', 3)]);
  const id = newId();
  const first = await place(id);
  const again = await place(id);
  assert.equal(again.host.id, first.host.id);
  const rows = await database.dataSource.query<unknown[]>('SELECT FROM allocations');
  assert.equal(rows.length, 1);
  assert.deepEqual(await wrongSums(), []);
});

test('invariant 3: a moving instance holds both ends until its source is released', async () => {
  const [a, b] = [await addHost('a', 3), await addHost('b', 3)];
  const [instanceId, migrationId] = [newId(), newId()];
  await claims.claim({ consumerId: instanceId, instanceId, hostId: a, resources });
  await claims.claim({ consumerId: migrationId, instanceId, hostId: b, resources });
  await database.dataSource.transaction((tx) => claims.swap(tx, instanceId, migrationId, b));
  await database.dataSource.transaction((tx) => claims.swap(tx, instanceId, migrationId, b));
  assert.deepEqual(await claims.heldBy(instanceId), [b]);
  assert.deepEqual(await claims.heldBy(migrationId), [a]);
  await claims.release(migrationId);
  await claims.release(migrationId);
  assert.deepEqual(await claims.heldBy(migrationId), []);
  assert.deepEqual(await wrongSums(), []);
});

test('a host that was disabled a moment ago gets nothing, and the answer says why', async () => {
  await addHost('a', 3);
  await place();
  await database.dataSource.query('UPDATE hosts SET enabled = false');
  await assert.rejects(place(), (error: NoValidHostError) => {
    assert.deepEqual(error.details, ['a: availability: it is disabled']);
    return true;
  });
});

test('a claim does not wait for what writes the host: a heartbeat that is not committed yet', async () => {
  const hostId = await addHost('h-heartbeat', 4);
  const heartbeat = database.dataSource.createQueryRunner();
  await heartbeat.startTransaction();
  try {
    await heartbeat.query("UPDATE hosts SET lease_expires_at = now() + interval '1 hour' WHERE id = $1", [hostId]);
    const consumerId = newId();
    const outcome = await claims.claim({ consumerId, instanceId: consumerId, hostId, resources });
    assert.equal(outcome.result, 'claimed');
  } finally {
    await heartbeat.rollbackTransaction();
    await heartbeat.release();
  }
  assert.deepEqual(await wrongSums(), []);
});

test('a process of the version before changes the sum that it knows: it counts here, too', async () => {
  const hostId = await addHost('h-upgrade', 4);
  await database.dataSource.query('UPDATE hosts SET used_vcpus = used_vcpus + 1 WHERE id = $1', [hostId]);
  const rows = () =>
    database.dataSource.query<unknown[]>('SELECT used_vcpus FROM host_usage WHERE host_id = $1', [hostId]);
  assert.deepEqual(await rows(), [{ used_vcpus: 1 }]);
  await database.dataSource.query('UPDATE hosts SET used_vcpus = used_vcpus - 1 WHERE id = $1', [hostId]);
  assert.deepEqual(await rows(), [{ used_vcpus: 0 }]);
});

test('a process of the version before finds what was claimed since, and claims no more than is left', async () => {
  const hostId = await addHost('h-back', 4);
  const consumerId = newId();
  await claims.claim({ consumerId, instanceId: consumerId, hostId, resources });
  const heartbeat = "UPDATE hosts SET lease_expires_at = now() + interval '1 hour' WHERE id = $1";
  await database.dataSource.query(heartbeat, [hostId]);
  const known = () => database.dataSource.query<unknown[]>('SELECT used_vcpus FROM hosts WHERE id = $1', [hostId]);
  assert.deepEqual(await known(), [{ used_vcpus: resources.vcpus }]);
  const more = 'UPDATE hosts SET used_vcpus = used_vcpus + $2 WHERE id = $1 RETURNING id';
  assert.deepEqual(await database.dataSource.query(more, [hostId, 64 * 16]), [[], 0]);
  assert.deepEqual(await wrongSums(), []);
  await claims.release(consumerId);
  await database.dataSource.query(heartbeat, [hostId]);
  assert.deepEqual(await known(), [{ used_vcpus: 0 }]);
  await claims.claim({ consumerId: newId(), instanceId: consumerId, hostId, resources });
  await database.dataSource.query('SELECT go_back_to_0_1_0()');
  assert.deepEqual(await known(), [{ used_vcpus: resources.vcpus }]);
});
