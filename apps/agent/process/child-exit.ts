import type { ChildProcess } from 'node:child_process';
import { CommandError } from '../network/commands.js';

/** Resolves when it has ended with one of the `fine` statuses, else rejects with the end of what it said. */
export function exitOf(child: ChildProcess, fine: readonly number[] = [0]): Promise<void> {
  let said = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => (said = (said + text).slice(-2048)));
  const exit = new Promise<void>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) =>
      code !== null && fine.includes(code)
        ? resolve()
        : reject(new CommandError(child.spawnargs.join(' ').slice(-120), code, said)),
    );
  });
  exit.catch(() => undefined); // awaited when its output has been read
  return exit;
}
