import assert from 'node:assert/strict';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { hostOf } from '#apps/cli/client/compute';
import type { Server } from '#apps/cli/client/compute';
import type { TestFleet } from './test-fleet.js';

/**
 * Fills memory, then rewrites a tenth of it each second, and writes to /tmp/memory how often all of it was as it should
 * be.
 */
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

/** A Debian server with 200 MiB of memory that it checks and rewrites; resolves when all is filled. */
export async function memoryGuest(fleet: TestFleet, name: string): Promise<Server> {
  const { compute } = fleet.cloud;
  const flavor = await compute.ensureFlavor('e2e.memory', { vcpus: 1, ram: 768, disk: 1 });
  const server = await compute.settled(
    await compute.create(name, fleet.images.debian, flavor, fleet.networkId),
    'ACTIVE',
  );
  await fleet.answers(server);
  const perl = 'exec perl -e "$0" </dev/null >/dev/null 2>/root/memory.err';
  await fleet.local.runInside(hostOf(server), server.id, ['setsid', '-f', 'sh', '-c', perl, workload]);
  await roundAfter(server.id, 0);
  return server;
}

/** Waits until the guest has checked its whole memory again after that round. */
export async function roundAfter(id: string, round: number): Promise<void> {
  for (const deadline = Date.now() + 120_000; roundOf(id) <= round;) {
    assert.ok(Date.now() < deadline, `the memory of ${id} was not looked at after round ${round}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

/** How often the guest has found its whole memory right; 0 where it does not run. */
export function roundOf(id: string): number {
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

/** Pids of the `criu lazy-pages` that serve an instance, found by the environment of its move. */
export function pageDaemons(instanceId: string): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => environmentOf(pid)?.includes(`LXSTACK_MOVE_LAZY=${instanceId}`))
    .map(Number);
}

/** Whether the move of a daemon in `pids` has come so far. */
export function moveIs(mark: 'awaiting' | 'committed', pids: readonly number[]): boolean {
  return pids.some((pid) => {
    const directory = environmentOf(String(pid))
      ?.find((word) => word.startsWith('LXSTACK_MOVE_DIR='))
      ?.split('=')[1];
    return directory !== undefined && existsSync(`/proc/${pid}/root${directory}/${mark}`);
  });
}

/** The environment of a process that is such a daemon; undefined for others and for one that has ended. */
function environmentOf(pid: string): string[] | undefined {
  try {
    if (!readFileSync(`/proc/${pid}/cmdline`, 'utf8').startsWith('/usr/sbin/criu\0lazy-pages')) return undefined;
    return readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0');
  } catch {
    return undefined;
  }
}
