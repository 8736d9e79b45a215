import { mkdir } from 'node:fs/promises';
import { repository } from '../fleet/layout.js';
import type { Layout } from '../fleet/layout.js';
import { databaseUrl, startPostgres } from '../services/postgres.js';
import { disks } from './disks.js';
import { lint } from './lint.js';
import { onFleet, testEnvironment } from './on-fleet.js';
import type { Print, StageOnFleet } from './on-fleet.js';
import { runFiles } from './run-files.js';
import { startTestFleet } from './start-fleet.js';
import type { Tally } from './tally.js';
import { testFiles } from './test-files.js';

const all = {
  lint,
  unit: (print: Print) => runFiles({ files: testFiles(repository, 'unit'), concurrency: 2 }, print),
  integration: (print: Print) => onFleet('integration', print, startServers, (layout) => integration(layout, print)),
  e2e: (print: Print) => onFleet('e2e', print, (layout) => startTestFleet(layout, 3, print), inTurn('e2e', print)),
  disks,
  // Their tests start fleets of their own, under the name that the environment gives them.
  chaos: (print: Print) => onFleet('chaos', print, nothing, inTurn('chaos', print)),
  upgrade: (print: Print) => onFleet('upgrade', print, nothing, inTurn('upgrade', print)),
};

export type Stage = keyof typeof all;

/** The stages of `lxstack test`. */
export const stages: Record<Stage, (print: Print) => Promise<Tally>> = all;

/**
 * Lanes of stages: a lane's stages run one after the other, lanes at the same time. A test of a fleet waits for about half
 * of its time, and the stages other than e2e take together about as long as that one.
 */
export const LANES: readonly (readonly Stage[])[] = [
  ['e2e'],
  ['lint', 'unit', 'integration', 'disks', 'chaos', 'upgrade'],
];

const nothing = () => Promise.resolve();

async function startServers(layout: Layout): Promise<void> {
  await mkdir(layout.directory, { recursive: true, mode: 0o755 });
  await startPostgres(layout);
}

function integration(layout: Layout, print: Print): Promise<Tally> {
  const env = { ...process.env, LXSTACK_TEST_DATABASE_URL: databaseUrl(layout) };
  return runFiles({ files: testFiles(repository, 'integration'), concurrency: 2, env }, print);
}

/** Runs a stage's files one at a time: each looks at the whole fleet. */
const inTurn =
  (stage: Exclude<StageOnFleet, 'integration' | 'disks'>, print: Print) =>
  (layout: Layout): Promise<Tally> =>
    runFiles({ files: testFiles(repository, stage), concurrency: 1, env: testEnvironment(layout) }, print);
