import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const execute = promisify(execFile);

/** Runs a command to its end (at most `timeoutMs`) and returns its standard output; throws with its last words. */
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

/** The same where failing is fine: something that may be gone already. */
export async function tryCommand(file: string, args: string[]): Promise<boolean> {
  return command(file, args).then(
    () => true,
    () => false,
  );
}
