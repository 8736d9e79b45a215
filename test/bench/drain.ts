import { hostOf } from '#apps/cli/client/compute';
import type { TestFleet } from '#test/e2e/fleet/test-fleet';
import type { Bench } from './bench.js';
import { cpuTime } from './cpu-time.js';
import type { CpuUse } from './cpu-time.js';
import { DrainRun } from './product/drain-run.js';
import { summarize } from './statistics.js';

const singles = 5;
const parallels = [2, 4];

/**
 * Empties a host of `n` servers and the other host back: the whole time, beside that of its moves one by one on the
 * same machine.
 */
export async function benchDrain({ fleet, n }: Bench): Promise<void> {
  const run = await DrainRun.between(fleet);
  const ids: string[] = [];
  try {
    for (let i = 0; i < n; i++) ids.push((await fleet.running(`bench-drain-${i}`, 'busybox', run.onFirst)).id);
    const alone = await oneByOne(fleet, run);
    const { p50, min, max } = summarize(alone.seconds);
    console.log(`Drain of ${n} busybox servers`);
    console.log(
      `one live move: p50 ${p50.toFixed(2)} s (${min.toFixed(2)} to ${max.toFixed(2)}, n=${singles}), ${words(alone.cpu, singles)}`,
    );
    for (const parallel of parallels)
      for (const host of run.hosts) {
        const used = cpuTime();
        const { seconds, total, done, failures } = await run.drain(host, parallel);
        const cpu = words(used(), total);
        const ratio = seconds / ((total * p50) / parallel);
        console.log(
          `parallel ${parallel}, from ${host}: ${seconds.toFixed(1)} s, ${ratio.toFixed(2)}x of ${total} moves` +
            ` at ${parallel} times the pace of one; ${done} done, ${total - done} failed; ${cpu}`,
        );
        for (const failure of failures) console.log(`  ${failure}`);
      }
  } finally {
    await fleet.remove(...ids);
    await run.end();
  }
}

/** Seconds of live moves of one server to and fro, while the host is as full as for the drains. */
async function oneByOne(fleet: TestFleet, { hosts, onFirst }: DrainRun): Promise<{ seconds: number[]; cpu: CpuUse }> {
  const { compute } = fleet.cloud;
  const { id } = await fleet.running('bench-drain-one', 'busybox', onFirst);
  const seconds: number[] = [];
  const used = cpuTime();
  for (let i = 0; i < singles; i++) {
    const from = hostOf(await compute.show(id));
    const since = performance.now();
    const { status } = await compute.liveMigrate(
      id,
      hosts.find((host) => host !== from),
    );
    if (status !== 'completed') throw new Error(`the migration ended as ${status}`);
    seconds.push((performance.now() - since) / 1000);
  }
  const cpu = used();
  await fleet.remove(id);
  return { seconds, cpu };
}

const words = ({ coreSeconds, share }: CpuUse, moves: number): string =>
  `${(coreSeconds / moves).toFixed(2)} core-seconds each, CPUs ${Math.round(100 * share)} % busy`;
