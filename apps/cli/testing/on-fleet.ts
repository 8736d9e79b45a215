import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { messageOf } from '#libs/common/errors';
import { stopFleet } from '../fleet/fleet.js';
import { Layout, repository } from '../fleet/layout.js';
import { logTail } from '../process/daemon.js';
import { Tally } from './tally.js';

export type Print = (line: string) => void;

/** Stages that have a deployment, each with the letter at the end of its name. */
const LETTERS = { integration: 'i', e2e: 'e', disks: 'd', chaos: 'c', upgrade: 'u' } as const;

export type StageOnFleet = keyof typeof LETTERS;

/**
 * The deployment of a stage. Each clone has its own, so that clones can test at the same time, and each stage, so that
 * stages can; a run clears what a killed one before it left.
 */
export function testLayout(stage: StageOnFleet, clone = repository): Layout {
  return new Layout(`t${createHash('sha256').update(clone).digest('hex').slice(0, 6)}${LETTERS[stage]}`);
}

/** Fences short enough for a test to wait for. */
const shortFences = {
  LXSTACK_FENCE_FREEZE_SECONDS: '3',
  LXSTACK_FENCE_STOP_SECONDS: '12',
  LXSTACK_FENCE_MARGIN_SECONDS: '2',
};

/** Environment of the tests of a deployment, and of the processes that they start. */
export const testEnvironment = ({ deployment }: Layout): NodeJS.ProcessEnv => ({
  ...process.env,
  ...shortFences,
  LXSTACK_DEPLOYMENT: deployment,
});

/**
 * Starts the fleet that a stage needs, from nothing, and removes it afterwards. A start that fails is a failed test.
 */
export async function onFleet(
  stage: StageOnFleet,
  print: Print,
  start: (layout: Layout, print: Print) => Promise<unknown>,
  work: (layout: Layout) => Promise<Tally>,
): Promise<Tally> {
  const layout = testLayout(stage);
  const silent = () => undefined;
  let tally = new Tally();
  try {
    await stopFleet(layout, true, silent);
    await start(layout, print);
    tally = await work(layout);
  } catch (error) {
    tally.failed++;
    print(`  FAIL the fleet for the tests starts\n${messageOf(error)}`);
  }
  try {
    if (tally.failed > 0) await printLogs(layout, print);
    await stopFleet(layout, true, silent);
  } catch (error) {
    tally.failed++;
    print(`  FAIL the fleet for the tests ends\n${messageOf(error)}`);
  }
  return tally;
}

async function printLogs(layout: Layout, print: Print): Promise<void> {
  // A start that failed early has written no logs.
  if (!existsSync(layout.path('log'))) return;
  const found = await readdir(layout.path('log'));
  for (const name of found.filter((file) => file.endsWith('.log')).map((file) => file.slice(0, -4))) {
    print(`---- end of the log of ${name}\n${await logTail(layout, name)}`);
  }
}
