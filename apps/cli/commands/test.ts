import { availableParallelism } from 'node:os';
import { Command, Option } from 'commander';
import { messageOf } from '#libs/common/errors';
import { makeImages } from '../testing/images.js';
import { endTestFiles } from '../testing/run-files.js';
import { LANES, stages } from '../testing/suite.js';
import type { Stage } from '../testing/suite.js';
import { Tally } from '../testing/tally.js';
import { print } from './layout-of.js';

const names = Object.keys(stages) as Stage[];

/** CI ends a run after 90 minutes and prints no count; the suite ends itself before that and prints it. */
const WHOLE_RUN_MS = 85 * 60_000;

/** Number of files that the end of a run names with their time. */
const SLOWEST = 10;

/** `lxstack test`: closes with `N passed, N failed`; exit status 1 where one failed. */
export function testCommand(): Command {
  return new Command('test')
    .description('run the whole suite: lint, unit, integration and end-to-end tests on fleets of their own')
    .addOption(new Option('--only <stages...>', 'some stages of it').choices(names))
    .option('--in-turn', 'one stage after the other, as on a machine of one processor')
    .action(async ({ only, inTurn }: { only?: Stage[]; inTurn?: boolean }) => {
      const total = new Tally();
      endWithCount(total);
      const chosen = LANES.map((lane) => lane.filter((stage) => !only || only.includes(stage)));
      const lanes = inTurn || availableParallelism() === 1 ? [chosen.flat()] : chosen;
      const images = only ? undefined : makeImages(said('images'));
      await Promise.all(lanes.map((lane) => runLane(lane, total)));
      await images;
      for (const line of total.slowest(SLOWEST)) print(line);
      end(total);
    });
}

async function runLane(lane: readonly Stage[], total: Tally): Promise<void> {
  for (const stage of lane) await runStage(stage, total);
}

/** Runs one stage and adds its counts. A stage that throws counts as one failed test. */
async function runStage(stage: Stage, total: Tally): Promise<void> {
  const begun = performance.now();
  const say = said(stage);
  let tally = new Tally();
  try {
    tally = await stages[stage](say);
  } catch (error) {
    tally.failed++;
    say(`  FAIL ${stage} runs\n${error instanceof Error ? (error.stack ?? error.message) : messageOf(error)}`);
  }
  say(`${tally.render()} in ${((performance.now() - begun) / 1000).toFixed(0)} s`);
  total.add(tally);
}

/** Prints lines that begin with the name of their stage: stages run at the same time. */
const said = (stage: string) => (lines: string) => print(lines.replace(/^/gm, `${stage.padEnd(WIDTH)} `));
const WIDTH = Math.max(...names.map((name) => name.length));

/** The last line of a run is the count, whatever ends the run. */
function endWithCount(total: Tally): void {
  const failed = (what: string) => {
    print(`  FAIL ${what}`);
    total.failed++;
    endTestFiles();
    setImmediate(() => end(total));
  };
  process.on('uncaughtException', (error) => failed(`the suite runs to its end\n${error.stack ?? error.message}`));
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const)
    process.on(signal, () => failed(`the suite runs to its end: ${signal}`));
  setTimeout(() => failed(`the suite ends within ${WHOLE_RUN_MS / 60_000} minutes`), WHOLE_RUN_MS).unref();
}

/** Ends the process although a test may have left a handle open. */
function end(total: Tally): never {
  print(total.render());
  process.exit(total.failed > 0 || total.passed === 0 ? 1 : 0);
}
