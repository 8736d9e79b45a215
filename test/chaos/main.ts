import { parseArgs } from 'node:util';
import { Layout } from '#apps/cli/fleet/layout';
import { FAULT_POINTS } from '#libs/common/fault-point';
import type { FaultPoint } from '#libs/common/fault-point';
import { startChaosFleet, stopChaosFleet } from './chaos-fleet.js';
import { Chaos } from './chaos.js';
import { canStrike, FAULT_NAMES } from './faults.js';
import type { FaultName } from './faults.js';
import { pick, randomFrom } from './random.js';
import type { Round, RoundResult } from './round.js';
import { renderRound, renderTable, verdictOf } from './table.js';

/** `npm run chaos -- --rounds N --seed S`: live moves with faults, on a fleet of its own. */
const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '20' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    steps: { type: 'string' },
    faults: { type: 'string' },
    /** Runs every step with every fault once, instead of random pairs. */
    matrix: { type: 'boolean', default: false },
    /** Minutes after which no round begins. */
    minutes: { type: 'string', default: '600' },
  },
});
/** Rounds without a server after which the run ends: the fleet is broken or too small. */
const NONE_IN_A_ROW = 2;
const steps = chosen<FaultPoint>(values.steps, FAULT_POINTS);
const faults = chosen<FaultName>(values.faults, FAULT_NAMES);
const seed = Number(values.seed);
const random = randomFrom(seed);
const until = Date.now() + Number(values.minutes) * 60_000;

const deployment = (process.env.LXSTACK_DEPLOYMENT ??= 'chaos');
const layout = new Layout(deployment);
const progress = (line: string) => console.error(line);
console.log(`seed ${seed}`);
await stopChaosFleet(layout, () => undefined);
await startChaosFleet(layout, progress);
const chaos = await Chaos.open(random);
const results: RoundResult[] = [];
for (const round of rounds()) {
  if (Date.now() > until) break;
  results.push(await chaos.run(round));
  console.log(`${new Date().toISOString().slice(11, 19)} ${renderRound(results.length, results.at(-1)!)}`);
  if (results.slice(-NONE_IN_A_ROW).filter((result) => result.none).length === NONE_IN_A_ROW) break;
}
await chaos.close();
console.log(renderTable(results));
const verdicts = results.map(verdictOf);
const tally = (['ok', 'VIOLATED', 'not reached', 'no round'] as const).map(
  (verdict) => `${verdicts.filter((found) => found === verdict).length} ${verdict}`,
);
console.log(`${results.length} rounds, seed ${seed}: ${tally.join(', ')}`);
await stopChaosFleet(layout, () => undefined);
process.exit(verdicts.some((verdict) => verdict === 'VIOLATED' || verdict === 'no round') ? 1 : 0);

function* rounds(): Generator<Round> {
  const pairs = steps.flatMap((step) =>
    faults.filter((fault) => canStrike(fault, step)).map((fault) => ({ step, fault })),
  );
  if (!pairs.length) throw new Error('none of these faults can strike at these steps');
  if (values.matrix) yield* pairs;
  else for (let i = 0; i < Number(values.rounds); i++) yield pick(pairs, random);
}

function chosen<T extends string>(names: string | undefined, all: readonly T[]): readonly T[] {
  if (!names) return all;
  return names.split(',').map((name) => {
    const found = all.find((known) => known === name);
    if (!found) throw new Error(`${name} is none of ${all.join(' ')}`);
    return found;
  });
}
