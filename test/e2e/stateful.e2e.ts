import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import { test } from 'node:test';
import { TestFleet } from './fleet/test-fleet.js';

test('a systemd server with migration.stateful=true starts with its /run prepared and moves live, connected', async (context) => {
  const fleet = await TestFleet.open();
  context.after(() => fleet.close());
  const { compute, api } = fleet.cloud;
  const flavor = await compute.ensureFlavor('e2e.stateful', { vcpus: 1, ram: 128, disk: 1 });
  const extra = { extra_specs: { 'lxd:migration.stateful': 'true' } };
  await api.call('POST', `/compute/v2.1/flavors/${flavor}/os-extra_specs`, extra);
  const id = await compute.create('e2e-stateful', fleet.images.debian, flavor, fleet.networkId);
  const server = await compute.settled(id, 'ACTIVE');
  await fleet.answers(server);
  assert.match(dropInOf(id), /ProtectHostname=no/);
  const { seen } = await fleet.cloud.underTraffic(server, async () => {
    assert.equal((await compute.liveMigrate(id)).status, 'completed');
    assert.equal((await compute.liveMigrate(id)).status, 'completed');
  });
  assert.ok(seen.open, seen.failure);
  assert.match(dropInOf(id), /ProtectHostname=no/, 'it went along');
  await fleet.remove(id);
});

/** The drop-in in the /run of a server, seen through its first process; the simulated hosts share the machine's /proc. */
function dropInOf(id: string): string {
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    try {
      if (!readFileSync(`/proc/${pid}/cgroup`, 'utf8').includes(`/c-${id}`)) continue;
      return readFileSync(`/proc/${pid}/root/run/systemd/system/service.d/zz-migratable.conf`, 'utf8');
    } catch {
      continue; // it ended meanwhile, or has no drop-in: the caller asserts
    }
  }
  return '';
}
