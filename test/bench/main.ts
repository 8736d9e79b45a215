import { parseArgs } from 'node:util';
import { startFleet, stopFleet } from '#apps/cli/fleet/fleet';
import { Layout } from '#apps/cli/fleet/layout';
import { hostRoot } from '#apps/cli/hostroot/host-root';
import { databaseUrl } from '#apps/cli/services/postgres';
import { TestFleet } from '#test/e2e/fleet/test-fleet';
import type { Bench } from './bench.js';
import { benchBuilds } from './builds.js';
import { benchDesiredState } from './desired-state/desired-state.js';
import { benchDrain } from './drain.js';
import { benchDisk } from './disk.js';
import { FloorHosts } from './floor/floor-hosts.js';
import { benchLaunch } from './launch.js';
import { benchMemory } from './memory.js';
import { benchMigrate } from './migrate.js';
import { benchReleases } from './releases.js';
import { benchRollback } from './rollback.js';
import { benchScheduling } from './scheduling.js';
import { benchTransport } from './transport.js';
import { loadAverage } from './load-average.js';

/** `npm run bench -- NAME`: each prints one table. No timed assertions. */
const benchmarks: Record<string, (n: number) => Promise<void> | void> = {
  builds: benchBuilds,
  'desired-state': benchDesiredState,
  disk: (n) => measure(benchDisk, n),
  drain: (n) => measure(benchDrain, n),
  launch: (n) => measure(benchLaunch, n),
  memory: (n) => measure(benchMemory, n),
  migrate: (n) => measure(benchMigrate, n),
  releases: benchReleases,
  rollback: (n) => measure(benchRollback, n),
  scheduling: benchScheduling,
  transport: benchTransport,
};

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { n: { type: 'string', short: 'n' } },
});
const benchmark = benchmarks[positionals[0] ?? ''];
const counts: Record<string, number> = { builds: 200, 'desired-state': 1_000 };
const n = Number(values.n ?? counts[positionals[0] ?? ''] ?? 20);
if (!benchmark || !Number.isInteger(n) || n < 1) {
  console.error(`usage: npm run bench -- ${Object.keys(benchmarks).join('|')} [-n COUNT]`);
  process.exit(2);
}
await benchmark(n);

/**
 * Starts a fleet of the benchmark's own (stopped afterwards; its state is kept for the next run) and two hosts by hand
 * on its host root.
 */
async function measure(run: (bench: Bench) => Promise<void>, n: number): Promise<void> {
  const own = process.env.LXSTACK_DEPLOYMENT === undefined;
  process.env.LXSTACK_DEPLOYMENT ??= 'bench';
  const layout = new Layout(process.env.LXSTACK_DEPLOYMENT);
  const progress = (line: string) => console.error(line);
  await startFleet(layout, { hosts: 2, runtime: 'lxc' }, progress);
  const fleet = await TestFleet.open();
  const hosts = new FloorHosts(layout.path('floor'), await hostRoot());
  try {
    await hosts.up();
    console.log(`Load average before: ${loadAverage()}`);
    await run({ fleet, hosts, archives: fleet.local.images, databaseUrl: databaseUrl(layout), n });
    console.log(`Load average after: ${loadAverage()}`);
  } finally {
    await hosts.down();
    fleet.close();
    if (own) await stopFleet(layout, false, progress);
  }
}
