import { Command, Option } from 'commander';
import { messageOf } from '#libs/common/errors';
import { endTestFiles } from '../testing/run-files.js';
import { stages } from '../testing/suite.js';
import type { Stage } from '../testing/suite.js';
import { Tally } from '../testing/tally.js';
import { print } from './layout-of.js';

const all = Object.keys(stages) as Stage[];

/** CI ends a run after 90 minutes and prints no count; the suite ends itself before that and prints it. */
const WHOLE_RUN_MS = 85 * 60_000;

/** `lxstack test`: closes with `N passed, N failed`; exit status 1 where one failed. */
export function testCommand(): Command {
  return new Command('test')
    .description('run the whole suite: lint, unit, integration and end-to-end tests on a fleet of their own')
    .addOption(new Option('--only <stages...>', 'some stages of it').choices(all))
    .action(async ({ only }: { only?: Stage[] }) => {
      const total = new Tally();
      endWithCount(total);
      for (const stage of all.filter((name) => !only || only.includes(name))) await runStage(stage, total);
      end(total);
    });
}

/** Runs one stage and adds its counts. A stage that throws counts as one failed test. */
async function runStage(stage: Stage, total: Tally): Promise<void> {
  const begun = performance.now();
  print(stage);
  let tally = new Tally();
  try {
    tally = await stages[stage](print);
  } catch (error) {
    tally.failed++;
    print(`  FAIL ${stage} runs\n${error instanceof Error ? (error.stack ?? error.message) : messageOf(error)}`);
  }
  print(`  ${stage}: ${tally.render()} in ${((performance.now() - begun) / 1000).toFixed(0)} s`);
  total.add(tally);
}

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
