import type { ChildProcess } from 'node:child_process';
import { CommandError } from './command-error.js';

/** Bytes of what a child says on stderr that are kept: the end. */
const KEPT = 4096;

/**
 * Resolves when a child started by `spawn` has ended with one of the `fine` statuses; rejects with CommandError (the end of
 * its stderr), or where it could not be started. May be awaited late: until then a rejection is nobody's.
 */
export function exitOf(child: ChildProcess, fine: readonly number[] = [0]): Promise<void> {
  let said = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => (said = (said + text).slice(-KEPT)));
  const exit = new Promise<void>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) =>
      code !== null && fine.includes(code)
        ? resolve()
        : reject(new CommandError(child.spawnargs.join(' ').slice(-120), code, said)),
    );
  });
  exit.catch(() => undefined);
  return exit;
}

/** Resolves with '' when it has ended with status 0, else with why not: the end of its stderr, or its status. */
export function failureOf(child: ChildProcess): Promise<string> {
  return exitOf(child).then(
    () => '',
    (error: unknown) => {
      if (!(error instanceof CommandError)) throw error;
      return error.output.trim().slice(-1000) || `${child.spawnfile} ended with ${error.status ?? 'a signal'}`;
    },
  );
}
