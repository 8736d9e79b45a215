import 'reflect-metadata';
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { EntityManager } from 'typeorm';
import { HostInfo } from '#generated/lxstack/agent/v1/types';
import { newId } from '#libs/common/ids';
import { Leases } from '#libs/fleet/leases/leases.service';
import type { Operations } from '#libs/operations/operations.service';
import { createTestDatabase } from '../support/servers.js';
import type { TestDatabase } from '../support/servers.js';

// What a heartbeat writes, against a real PostgreSQL.
let database: TestDatabase;
let leases: Leases;
const hostId = newId();

before(async () => {
  database = await createTestDatabase();
  const operations = {
    transact: <T>(work: (tx: EntityManager, create: () => void) => Promise<T>) =>
      database.dataSource.transaction((tx) => work(tx, () => undefined)),
  };
  leases = new Leases(operations as unknown as Operations);
  await database.dataSource.query(
    `INSERT INTO hosts (id, name, role, address) VALUES ($1, 'h1', 'compute', '10.0.0.1:7080')`,
    [hostId],
  );
});
after(() => database.drop());

const heartbeat = (change: Partial<HostInfo> = {}) => {
  const inventory = { vcpus: 4, memoryBytes: 2 ** 33, diskBytes: 2 ** 36 };
  const host = HostInfo.create({ hostname: 'h1', kernel: '6.12', inventory, ...change });
  return leases.renew('h1', { host, bootId: 'b', fence: undefined });
};

async function written(): Promise<{ publishedAt: number; leaseEnds: number; kernel: string }> {
  const [row] = await database.dataSource.query<{ updated_at: Date; lease_expires_at: Date; kernel: string }[]>(
    `SELECT updated_at, lease_expires_at, facts ->> 'kernel' AS kernel FROM hosts WHERE id = $1`,
    [hostId],
  );
  return { publishedAt: +row.updated_at, leaseEnds: +row.lease_expires_at, kernel: row.kernel };
}

test('each heartbeat renews the lease; what the host has and can is written when it changed', async () => {
  await heartbeat();
  const first = await written();
  await heartbeat();
  const second = await written();
  assert.ok(second.leaseEnds > first.leaseEnds);
  assert.equal(second.publishedAt, first.publishedAt, 'nothing is new');
  await heartbeat({ kernel: '6.18' });
  const third = await written();
  assert.ok(third.publishedAt > second.publishedAt);
  assert.equal(third.kernel, '6.18');
});

test('a heartbeat does not wait for what claims lock', async () => {
  const claim = database.dataSource.createQueryRunner();
  await claim.startTransaction();
  try {
    await claim.query('UPDATE host_usage SET used_vcpus = used_vcpus + 1 WHERE host_id = $1', [hostId]);
    const { leaseSeconds } = await heartbeat();
    assert.equal(leaseSeconds, 15);
  } finally {
    await claim.rollbackTransaction();
    await claim.release();
  }
});
