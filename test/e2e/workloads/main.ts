import { parseArgs } from 'node:util';
import { startFleet, stopFleet } from '#apps/cli/fleet/fleet';
import { Layout } from '#apps/cli/fleet/layout';
import { TestFleet } from '#test/e2e/fleet/test-fleet';
import { Guests } from './guests.js';
import { gapWords, tried, workloads } from './trial.js';
import type { Workload } from './workload.js';

/** `npm run workloads`: ten moves there and back of each; ends with 1 where one failed or lost anything. */
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { rounds: { type: 'string', default: '10' } },
});
const rounds = Number(values.rounds);
const chosen = workloads.filter(({ name }) => !positionals.length || positionals.some((word) => name.includes(word)));
if (!chosen.length || !Number.isInteger(rounds) || rounds < 1) {
  console.error(`usage: npm run workloads -- [--rounds N] [WORD…]
  the workloads whose names have one of the words: ${workloads.map(({ name }) => name).join(', ')}`);
  process.exit(2);
}

/** On the fleet that LXSTACK_DEPLOYMENT names, or on one of its own, stopped afterwards. */
const own = process.env.LXSTACK_DEPLOYMENT === undefined;
process.env.LXSTACK_DEPLOYMENT ??= 'works';
const layout = new Layout(process.env.LXSTACK_DEPLOYMENT);
const progress = (line: string) => console.error(line);
if (own) await startFleet(layout, { hosts: 3, runtime: 'lxc' }, progress);
const fleet = await TestFleet.open();
try {
  const guests = await Guests.open(fleet);
  for (const workload of chosen) await report(guests, workload);
  await guests.close();
} finally {
  fleet.close();
  if (own) await stopFleet(layout, false, progress);
}

async function report(guests: Guests, workload: Workload): Promise<void> {
  try {
    const { words, gaps } = await tried(guests, workload, rounds);
    console.log(`ok   ${workload.name}: ${words}; ${gapWords(gaps)}`);
  } catch (error) {
    process.exitCode = 1;
    console.log(`FAIL ${workload.name}: ${error instanceof Error ? error.message : String(error)}`);
  }
}
