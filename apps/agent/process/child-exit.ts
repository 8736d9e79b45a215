import type { ChildProcess } from 'node:child_process';
import { CommandError } from './command-error.js';

/** Bytes of a child's stderr that are kept, from its end. */
const KEPT = 4096;

/**
 * Resolves when a child started by `spawn` has ended with one of the `fine` statuses. Rejects with CommandError (the
 * end of its stderr), or where it could not be started. It may be awaited late: a rejection is not reported as
 * unhandled before.
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

/** Resolves when the child has ended: with '' for status 0, else with the end of its stderr, or its status. */
export function failureOf(child: ChildProcess): Promise<string> {
  return exitOf(child).then(
    () => '',
    (error: unknown) => {
      if (!(error instanceof CommandError)) throw error;
      return error.output.trim().slice(-1000) || `${child.spawnfile} ended with ${error.status ?? 'a signal'}`;
    },
  );
}
