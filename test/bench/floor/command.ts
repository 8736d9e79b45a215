import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const execute = promisify(execFile);

/** Runs a command (at most `timeoutMs`) and returns its standard output. Throws with the end of its output. */
export async function command(
  file: string,
  args: string[],
  environment: Record<string, string> = {},
  timeoutMs = 60_000,
): Promise<string> {
  const { stdout } = await execute(file, args, {
    env: { ...process.env, ...environment },
    timeout: timeoutMs,
    maxBuffer: 16 * 1024 * 1024,
  });
  return stdout.trim();
}

/** As `command`, for a command that may fail; returns whether it succeeded. */
export async function tryCommand(file: string, args: string[]): Promise<boolean> {
  return command(file, args).then(
    () => true,
    () => false,
  );
}
