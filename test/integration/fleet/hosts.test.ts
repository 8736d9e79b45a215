import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { HostRecords } from '#libs/fleet/hosts/host-records';
import { createTestDatabase } from '../support/servers.js';
import type { TestDatabase } from '../support/servers.js';

const COUNT = 2_100;
let database: TestDatabase;
let hosts: HostRecords;
before(async () => {
  database = await createTestDatabase();
  hosts = new HostRecords(database.dataSource);
  await database.dataSource.query(
    `INSERT INTO hosts (id, name, role, address) SELECT gen_random_uuid(), 'h' || n, 'compute', ''
     FROM generate_series(1, $1) AS n`,
    [COUNT],
  );
});
after(() => database.drop());

test('a page has 1000 hosts at most; all of them are read page by page', async () => {
  assert.equal((await hosts.list({ limit: 10_000 })).length, 1_000);
  const names = (await hosts.all({ role: 'compute' })).map(({ name }) => name);
  assert.equal(new Set(names).size, COUNT);
  assert.equal((await hosts.all({ namePattern: 'h20' })).length, 111);
});

test('a host is read with its used capacity, which lies in host_usage', async () => {
  const { id } = await hosts.get('h1');
  await database.dataSource.query('UPDATE host_usage SET used_vcpus = 3, used_memory_mb = 64 WHERE host_id = $1', [id]);
  const { usedVcpus, usedMemoryMb, usedDiskGb } = await hosts.get('h1');
  assert.deepEqual([usedVcpus, usedMemoryMb, usedDiskGb], [3, 64, 0]);
});
