import { parseArgs } from 'node:util';
import { startFleet } from '#apps/cli/fleet/fleet';
import { Layout } from '#apps/cli/fleet/layout';
import { hostRoot } from '#apps/cli/hostroot/host-root';
import { TestFleet } from '#test/e2e/fleet/test-fleet';
import type { Bench } from './bench.js';
import { FloorHosts } from './floor/floor-hosts.js';
import { benchLaunch } from './launch.js';
import { benchMigrate } from './migrate.js';
import { benchRollback } from './rollback.js';
import { benchScheduling } from './scheduling.js';

/** `npm run bench -- NAME`: each prints one table. No timed assertions. */
const benchmarks: Record<string, (n: number) => Promise<void> | void> = {
  launch: (n) => measure(benchLaunch, n),
  migrate: (n) => measure(benchMigrate, n),
  rollback: (n) => measure(benchRollback, n),
  scheduling: benchScheduling,
};

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { n: { type: 'string', short: 'n', default: '20' } },
});
const benchmark = benchmarks[positionals[0] ?? ''];
const n = Number(values.n);
if (!benchmark || !Number.isInteger(n) || n < 1) {
  console.error(`usage: npm run bench -- ${Object.keys(benchmarks).join('|')} [-n COUNT]`);
  process.exit(2);
}
await benchmark(n);

/** A fleet of its own (left running for the next), and two hosts made by hand on the same host root. */
async function measure(run: (bench: Bench) => Promise<void>, n: number): Promise<void> {
  process.env.LXSTACK_DEPLOYMENT ??= 'bench';
  const layout = new Layout(process.env.LXSTACK_DEPLOYMENT);
  await startFleet(layout, { hosts: 2, runtime: 'lxc' }, (line) => console.error(line));
  const fleet = await TestFleet.open();
  const hosts = new FloorHosts(layout.path('floor'), await hostRoot());
  try {
    await hosts.up();
    await run({ fleet, hosts, archives: fleet.local.images, n });
  } finally {
    await hosts.down();
    fleet.close();
  }
}
