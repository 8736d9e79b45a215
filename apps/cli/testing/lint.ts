import { join } from 'node:path';
import { messageOf } from '#libs/common/errors';
import { repository } from '../fleet/layout.js';
import { command } from '../process/command.js';
import { Tally } from './tally.js';

const linters = [
  ['eslint', '--cache', '--cache-location', 'dist/.eslintcache', '.'],
  ['prettier', '--check', '--log-level', 'warn', '.'],
];

/** The linters as one test. */
export async function lint(print: (line: string) => void): Promise<Tally> {
  const tally = new Tally();
  try {
    for (const [name, ...args] of linters) {
      const program = join(repository, 'node_modules/.bin', name!);
      await command(process.execPath, [program, ...args], { cwd: repository, timeoutMs: 300_000 });
    }
    tally.passed++;
    print('  ok   eslint and prettier');
  } catch (error) {
    tally.failed++;
    print(`  FAIL eslint and prettier\n${messageOf(error)}`);
  }
  return tally;
}
