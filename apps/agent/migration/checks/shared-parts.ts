import { join } from 'node:path';
import { CommandError } from '../../process/command-error.js';
import { run } from '../../process/run.js';
import { scriptsDirectory } from '../move-directory.js';
import type { Task } from './tasks.js';

const LOOK_MS = 10_000;
const WORDS: Record<string, string> = {
  vm: 'shares its memory with another process (CLONE_VM)',
  fs: 'shares its current directory with another process (CLONE_FS)',
  thread: 'has a thread with a current directory or descriptors of its own (unshare)',
};

/** Processes that share what CRIU can only make for each by itself, and threads that do not share what it makes for all. */
export async function blockingSharing(tasks: readonly Task[]): Promise<string[]> {
  const input = tasks.map(({ pid }) => `${pid}\n`).join('');
  const shown = await run('perl', [join(scriptsDirectory, 'shared-parts')], input, LOOK_MS).catch((error: unknown) => {
    if (error instanceof CommandError) return ''; // no perl, or no kcmp(2): CRIU will say it
    throw error;
  });
  const found = new Set(shown.split('\n').filter(Boolean));
  return tasks.flatMap(({ pid, name }) =>
    Object.entries(WORDS)
      .filter(([what]) => found.has(`${what} ${pid}`))
      .map(([, words]) => `${name} ${words}, which CRIU cannot carry: end it.`),
  );
}
