import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hostOf } from '#apps/cli/client/compute';
import { pageDaemons } from './fleet/memory-guest.js';
import { TestFleet } from './fleet/test-fleet.js';

/** Loops, because a sleep ends early in a process that was dumped. */
const fill = 'my $m = "x" x (150 << 20); open(my $f, ">", "/tmp/filled"); close $f; sleep 600 while 1';

/** Returns false where the process has ended by itself meanwhile. */
function killedNow(pid: number): boolean {
  try {
    return process.kill(pid, 'SIGKILL');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false;
    throw error;
  }
}

test('the process that maps memory in dies at the target: the server goes on where it was, connected', async (context) => {
  const fleet = await TestFleet.open();
  context.after(() => fleet.close());
  const { compute } = fleet.cloud;
  const flavor = await compute.ensureFlavor('e2e.memory', { vcpus: 1, ram: 768, disk: 1 });
  const id = await compute.create('e2e-unmapped', fleet.images.debian, flavor, fleet.networkId);
  const server = await compute.settled(id, 'ACTIVE');
  await fleet.answers(server);
  const words = ['setsid', '-f', 'sh', '-c', 'exec perl -e "$0" </dev/null >/dev/null 2>&1', fill];
  await fleet.local.runInside(hostOf(server), id, words);
  await fleet.local.runInside(hostOf(server), id, ['sh', '-c', 'until [ -e /tmp/filled ]; do sleep 0.1; done']);
  let killed = 0;
  const watching = setInterval(() => {
    for (const pid of pageDaemons(id)) {
      if (killedNow(pid)) killed++;
    }
  }, 1);
  context.after(() => clearInterval(watching));
  const { seen } = await fleet.cloud.underTraffic(server, async () => {
    assert.equal((await compute.liveMigrate(id)).status, 'error');
  });
  assert.ok(killed > 0, 'it was killed');
  assert.ok(seen.open, seen.failure);
  const after = await compute.show(id);
  assert.equal(after.status, 'ACTIVE');
  assert.equal(hostOf(after), hostOf(server));
  clearInterval(watching);
  await compute.movesLive(id);
  await fleet.remove(id);
  await fleet.assertAudited();
});
