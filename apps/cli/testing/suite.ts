import { createHash } from 'node:crypto';
import { mkdir, readdir } from 'node:fs/promises';
import { messageOf } from '#libs/common/errors';
import { startFleet, stopFleet } from '../fleet/fleet.js';
import { Layout, repository } from '../fleet/layout.js';
import { logTail } from '../process/daemon.js';
import { databaseUrl, startPostgres } from '../servers/postgres.js';
import { lint } from './lint.js';
import { runFiles } from './run-files.js';
import { Tally } from './tally.js';
import { testFiles } from './test-files.js';
import type { TestKind } from './test-files.js';

/** So that a test can wait for them. */
const shortFences = {
  LXSTACK_FENCE_FREEZE_SECONDS: '3',
  LXSTACK_FENCE_STOP_SECONDS: '12',
  LXSTACK_FENCE_MARGIN_SECONDS: '2',
};

type Print = (line: string) => void;
const minute = 60_000;

/** What `lxstack test` runs, in this order. */
export const stages = {
  lint,
  unit: (print: Print) => runFiles({ files: files('unit'), concurrency: 2, ...bound(1, 3) }, print),
  integration: (print: Print) => onFleet(print, startServers, () => runIntegration(print)),
  e2e: (print: Print) => onFleet(print, startTestFleet, () => runEndToEnd(print)),
  chaos: (print: Print) => onFleet(print, nameFleet, () => runChaos(print)),
};

export type Stage = keyof typeof stages;

/**
 * The deployment of the tests: one for each clone, so that clones test side by side and a run that was killed is found
 * again and cleared by the next.
 */
export function testLayout(clone = repository): Layout {
  return new Layout(`t${createHash('sha256').update(clone).digest('hex').slice(0, 6)}`);
}

const files = (kind: TestKind) => testFiles(repository, kind);
const bound = (test: number, total: number) => ({ testTimeoutMs: test * minute, totalTimeoutMs: total * minute });

/** Starts what the tests of a stage need, from nothing, and leaves nothing. A start that fails is a failed test. */
async function onFleet(
  print: Print,
  start: (layout: Layout, print: Print) => Promise<unknown>,
  work: (layout: Layout) => Promise<Tally>,
): Promise<Tally> {
  const layout = testLayout();
  const silent = () => undefined;
  await stopFleet(layout, true, silent);
  let tally = new Tally();
  try {
    await start(layout, print);
    tally = await work(layout);
  } catch (error) {
    tally.failed++;
    print(`  FAIL what the tests need starts\n${messageOf(error)}`);
  }
  if (tally.failed > 0) await printLogs(layout, print);
  await stopFleet(layout, true, silent);
  return tally;
}

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

/** The rounds start a fleet of their own kind under the name. */
function nameFleet(layout: Layout): Promise<void> {
  process.env.LXSTACK_DEPLOYMENT = layout.deployment;
  return Promise.resolve();
}

const runIntegration = (print: Print) =>
  runFiles({ files: files('integration'), concurrency: 2, ...bound(2, 6) }, print);

// One at a time: each of them looks at the whole fleet.
const runEndToEnd = (print: Print) => runFiles({ files: files('e2e'), concurrency: 1, ...bound(5, 18) }, print);

const runChaos = (print: Print) => runFiles({ files: files('chaos'), concurrency: 1, ...bound(4, 8) }, print);

async function printLogs(layout: Layout, print: Print): Promise<void> {
  const found = await readdir(layout.path('log'));
  for (const name of found.filter((file) => file.endsWith('.log')).map((file) => file.slice(0, -4))) {
    print(`---- end of the log of ${name}\n${await logTail(layout, name)}`);
  }
}
