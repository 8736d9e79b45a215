import { join } from 'node:path';
import { messageOf } from '#libs/common/errors';
import { repository } from '../fleet/layout.js';
import { command } from '../process/command.js';
import { Tally } from './tally.js';

const linters = [
  ['eslint', '--cache', '--cache-location', 'dist/.eslintcache', '.'],
  [
    'depcruise',
    '--config',
    'dependency-cruiser.config.js',
    '--output-type',
    'err',
    'apps',
    'libs',
    'migrations',
    'test',
  ],
  ['prettier', '--check', '--log-level', 'warn', '.'],
];

/** Runs the linters as one test. */
export async function lint(print: (line: string) => void): Promise<Tally> {
  const tally = new Tally();
  try {
    for (const [name, ...args] of linters) {
      const program = join(repository, 'node_modules/.bin', name!);
      await command(process.execPath, [program, ...args], { cwd: repository, timeoutMs: 300_000 });
    }
    tally.passed++;
    print('  ok   lint, circles of imports, format');
  } catch (error) {
    tally.failed++;
    print(`  FAIL lint, circles of imports, format\n${messageOf(error)}`);
  }
  return tally;
}
