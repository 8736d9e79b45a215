import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { newId } from '#libs/common/ids';
import { hostNeeds } from '#libs/compute/instances/spec/host-needs';
import { Claims } from '#libs/scheduling/claims/claims.service';
import { NoValidHostError } from '#libs/scheduling/placement/no-valid-host.error';
import { Scheduler } from '#libs/scheduling/placement/scheduler.service';
import { createTestDatabase } from '../support/servers.js';
import type { TestDatabase } from '../support/servers.js';

let database: TestDatabase;
let scheduler: Scheduler;

before(async () => {
  database = await createTestDatabase();
  scheduler = new Scheduler(database.dataSource, new Claims(database.dataSource));
  await addHost('new', ['avx2', 'avx512f', 'pni'], [{ name: 'disk-limit', present: true, detail: '' }]);
  await addHost('old', ['avx2', 'pni'], [{ name: 'disk-limit', present: false, detail: 'ext4' }]);
  await addHost('silent', undefined, []);
});
after(() => database.drop());

async function addHost(name: string, cpuFeatures: string[] | undefined, capabilities: object[]): Promise<void> {
  const facts = cpuFeatures ? { architecture: 'x86_64', cpuFeatures } : {};
  await database.dataSource.query(
    `INSERT INTO hosts (id, name, role, address, vcpus, memory_mb, disk_gb, facts, capabilities, lease_expires_at)
     VALUES ($1, $2, 'compute', '', 64, 8192, 1000, $3, $4, now() + interval '1 hour')`,
    [newId(), name, JSON.stringify(facts), JSON.stringify(capabilities)],
  );
}

/** Names of the hosts that may have an instance of a flavor with these extra specs. */
async function hostsFor(extraSpecs: Record<string, string>): Promise<string[]> {
  const id = newId();
  const { hosts } = await scheduler.explain({
    consumerId: id,
    instanceId: id,
    resources: { vcpus: 1, memoryMb: 64, diskGb: 1 },
    capabilities: hostNeeds({ config: {} }, { extraSpecs }),
  });
  return hosts
    .filter(({ rejectedBy }) => rejectedBy === null)
    .map(({ host }) => host)
    .sort();
}

const cases: [Record<string, string>, string[]][] = [
  [{}, ['new', 'old', 'silent']],
  [{ 'trait:HW_CPU_X86_AVX2': 'required' }, ['new', 'old']],
  [{ 'trait:HW_CPU_X86_SSE3': 'required', 'trait:HW_CPU_X86_AVX512F': 'required' }, ['new']],
  [{ 'trait:HW_CPU_X86_AVX512F': 'forbidden' }, ['old', 'silent']],
  [{ 'trait:HW_CPU_X86_AVX2': 'required', 'trait:HW_CPU_X86_AVX512F': 'forbidden' }, ['old']],
  [{ 'trait:HW_ARCH_X86_64': 'required' }, ['new', 'old']],
  [{ 'trait:HW_ARCH_X86_64': 'forbidden' }, ['silent']],
  [{ 'trait:CUSTOM_LXSTACK_DISK_LIMIT': 'required' }, ['new']],
  [{ 'trait:CUSTOM_LXSTACK_DISK_LIMIT': 'forbidden' }, ['old', 'silent']],
  [{ 'trait:CUSTOM_GOLD': 'required' }, []],
  [{ 'trait:CUSTOM_GOLD': 'forbidden' }, ['new', 'old', 'silent']],
];

test("a flavor's traits are demanded of hosts, as Placement would: required, forbidden, unknown", async () => {
  for (const [specs, names] of cases) assert.deepEqual(await hostsFor(specs), names, JSON.stringify(specs));
});

test('where no host has the trait there is no valid host, and each says why', async () => {
  const [id, resources] = [newId(), { vcpus: 1, memoryMb: 64, diskGb: 1 }];
  const capabilities = ['HW_CPU_X86_SHA', 'CUSTOM_GOLD'];
  const failure = await scheduler
    .place({ consumerId: id, instanceId: id, resources, capabilities })
    .catch((error: unknown) => error);
  assert.ok(failure instanceof NoValidHostError);
  assert.equal(failure.details.length, 3);
  for (const line of failure.details)
    assert.match(line, /does not have trait CUSTOM_GOLD, does not have trait HW_CPU_X86_SHA/);
});
