import { mkdir } from 'node:fs/promises';
import { startFleet } from '../fleet/fleet.js';
import { repository } from '../fleet/layout.js';
import type { Layout } from '../fleet/layout.js';
import { databaseUrl, startPostgres } from '../services/postgres.js';
import { disks } from './disks.js';
import { lint } from './lint.js';
import { onFleet } from './on-fleet.js';
import type { Print } from './on-fleet.js';
import { runFiles } from './run-files.js';
import { testFiles } from './test-files.js';
import type { TestKind } from './test-files.js';

/** Fences short enough for a test to wait for. */
const shortFences = {
  LXSTACK_FENCE_FREEZE_SECONDS: '3',
  LXSTACK_FENCE_STOP_SECONDS: '12',
  LXSTACK_FENCE_MARGIN_SECONDS: '2',
};

/** The stages of `lxstack test`, in their order. */
export const stages = {
  lint,
  unit: (print: Print) => runFiles({ files: files('unit'), concurrency: 2 }, print),
  integration: (print: Print) => onFleet(print, startServers, () => runIntegration(print)),
  e2e: (print: Print) => onFleet(print, startTestFleet, () => runEndToEnd(print)),
  disks,
  chaos: (print: Print) => onFleet(print, nameFleet, () => runChaos(print)),
  upgrade: (print: Print) =>
    onFleet(print, nameFleet, () => runFiles({ files: files('upgrade'), concurrency: 1 }, print)),
};

export type Stage = keyof typeof stages;

const files = (kind: TestKind) => testFiles(repository, kind);

async function startServers(layout: Layout): Promise<void> {
  await mkdir(layout.directory, { recursive: true, mode: 0o755 });
  await startPostgres(layout);
  process.env.LXSTACK_TEST_DATABASE_URL = databaseUrl(layout);
}

async function startTestFleet(layout: Layout, print: Print): Promise<void> {
  Object.assign(process.env, shortFences);
  process.env.LXSTACK_DEPLOYMENT = layout.deployment;
  await startFleet(layout, { hosts: 3, runtime: 'lxc' }, (line) => print(`  ${line}`));
}

/** Gives the tests of a stage the name under which they start fleets of their own. */
function nameFleet(layout: Layout): Promise<void> {
  process.env.LXSTACK_DEPLOYMENT = layout.deployment;
  return Promise.resolve();
}

const runIntegration = (print: Print) => runFiles({ files: files('integration'), concurrency: 2 }, print);

// One at a time: each test looks at the whole fleet.
const runEndToEnd = (print: Print) => runFiles({ files: files('e2e'), concurrency: 1 }, print);

const runChaos = (print: Print) => runFiles({ files: files('chaos'), concurrency: 1 }, print);
