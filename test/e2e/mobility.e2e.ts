import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hostOf } from '#apps/cli/client/compute';
import { TestFleet } from './fleet/test-fleet.js';

interface Verdict {
  possible: boolean;
  reasons: string[];
}

interface Report {
  live: Verdict;
  cold: Verdict;
  init: string | null;
  memory_bytes: number | null;
  targets: { host: string; live: Verdict; cold: Verdict }[];
}

test('a server says by itself whether it can be moved, and if not why', async (context) => {
  const fleet = await TestFleet.open();
  context.after(() => fleet.close());
  const mobilityOf = async (id: string) =>
    (await fleet.cloud.api.call<{ mobility: Report }>('GET', `/fleet/v1/instances/${id}/mobility`)).mobility;
  const [debian, busybox] = await Promise.all([
    fleet.running('e2e-mobile-debian', 'debian'),
    fleet.running('e2e-mobile-busybox'),
  ]);

  for (const [server, init] of [
    [debian, 'systemd'],
    [busybox, 'busybox'],
  ] as const) {
    const report = await mobilityOf(server.id);
    assert.deepEqual(report.live, { possible: true, reasons: [] });
    assert.deepEqual(report.cold, { possible: true, reasons: [] });
    assert.equal(report.init, init);
    assert.ok(report.memory_bytes! > 0);
    assert.ok(!report.targets.some((target) => target.host === hostOf(server)));
    assert.ok(report.targets.some((target) => target.live.possible));
  }

  await fleet.cloud.compute.act(busybox.id, { 'os-stop': null });
  await fleet.cloud.compute.settled(busybox.id, 'SHUTOFF');
  const stopped = await mobilityOf(busybox.id);
  assert.match(stopped.live.reasons.join(), /only a cold migration/);
  assert.equal(stopped.cold.possible, true);
  assert.equal(stopped.init, null);
  await fleet.remove(debian.id, busybox.id);
});
