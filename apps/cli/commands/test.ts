import { Command, Option } from 'commander';
import { stages } from '../testing/suite.js';
import type { Stage } from '../testing/suite.js';
import { Tally } from '../testing/tally.js';
import { print } from './layout-of.js';

const all = Object.keys(stages) as Stage[];

export function testCommand(): Command {
  return new Command('test')
    .description('run the whole suite: lint, unit, integration and end-to-end tests on a fleet of their own')
    .addOption(new Option('--only <stages...>', 'some stages of it').choices(all))
    .action(async ({ only }: { only?: Stage[] }) => {
      const total = new Tally();
      for (const stage of all.filter((name) => !only || only.includes(name))) {
        const begun = performance.now();
        print(stage);
        const tally = await stages[stage](print);
        print(`  ${stage}: ${tally.render()} in ${((performance.now() - begun) / 1000).toFixed(0)} s`);
        total.add(tally);
      }
      print(total.render());
      // A test that left a handle open must not keep the run from ending.
      process.exit(total.failed > 0 || total.passed === 0 ? 1 : 0);
    });
}
