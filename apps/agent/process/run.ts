import { CommandError } from './command-error.js';
import { inShell } from './waiting-shells.js';

/**
 * Runs `command` with `input` on stdin and resolves with its stdout (at most 1 MiB). Kills it after `timeoutMs`. Throws
 * CommandError.
 */
export async function run(command: string, args: readonly string[], input = '', timeoutMs = 10_000): Promise<string> {
  const { status, stdout, stderr } = await inShell([command, ...args], input, timeoutMs);
  if (status !== 0) throw new CommandError([command, ...args].join(' ').slice(0, 120), status, stderr.slice(-4096));
  return stdout;
}
