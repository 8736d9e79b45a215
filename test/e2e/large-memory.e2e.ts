import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import { test } from 'node:test';
import { hostOf } from '#apps/cli/client/compute';
import { TestFleet } from './fleet/test-fleet.js';

/** Fills memory, then gives a tenth of it new content each second and says in /tmp/memory how often all was as it should be. */
const workload = `
  my ($pages, $n, $round) = (51200, 0, 0);
  my @written = (0) x $pages;
  sub content { pack("NN", $_[0], $written[$_[0]]) x 500 }
  my @page = map { content($_) } 0 .. $pages - 1;
  while (1) {
    $round++;
    for my $i (0 .. $pages - 1) { die "page $i" unless $page[$i] eq content($i); }
    for (1 .. $pages / 10) { $n = ($n + 1) % $pages; $written[$n] = $round; $page[$n] = content($n); }
    open(my $f, ">", "/tmp/memory.new"); print $f $round; close $f; rename("/tmp/memory.new", "/tmp/memory");
    select(undef, undef, undef, 0.5);
  }`;

test('a server with 200 MiB of memory moves with its memory sent before the freeze and mapped in after it; no page is lost', async (context) => {
  const fleet = await TestFleet.open();
  context.after(() => fleet.close());
  const { compute } = fleet.cloud;
  const flavor = await compute.ensureFlavor('e2e.memory', { vcpus: 1, ram: 768, disk: 1 });
  const server = await compute.settled(
    await compute.create('e2e-memory', fleet.images.debian, flavor, fleet.networkId),
    'ACTIVE',
  );
  await fleet.answers(server);
  await fleet.local.runInside(hostOf(server), server.id, [
    'setsid',
    '-f',
    'sh',
    '-c',
    'exec perl -e "$0" </dev/null >/dev/null 2>/tmp/memory.err',
    workload,
  ]);
  await roundAfter(server.id, 0);
  const { seen } = await fleet.cloud.underTraffic(server, async () => {
    for (let move = 1; move <= 2; move++) {
      const before = roundOf(server.id);
      assert.equal((await compute.liveMigrate(server.id)).status, 'completed');
      await roundAfter(server.id, before + 1);
    }
  });
  assert.ok(seen.open, seen.failure);
  context.diagnostic(`longest gap ${seen.longestGapMs.toFixed(0)} ms`);
  const source = await fleet.local.agentLog(hostOf(server));
  assert.match(source, /"memoryMode":"pre-copy"/);
  await fleet.remove(server.id);
  await fleet.assertAudited();
});

/** Its whole memory was looked at again since that round. */
async function roundAfter(id: string, round: number): Promise<void> {
  for (const deadline = Date.now() + 60_000; roundOf(id) <= round;) {
    assert.ok(Date.now() < deadline, `the memory of ${id} was not looked at after round ${round}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

function roundOf(id: string): number {
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    try {
      if (!readFileSync(`/proc/${pid}/cgroup`, 'utf8').includes(`/c-${id}`)) continue;
      return Number(readFileSync(`/proc/${pid}/root/tmp/memory`, 'utf8'));
    } catch {
      continue; // it ended meanwhile, or has not written yet
    }
  }
  return 0;
}
