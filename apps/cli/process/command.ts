import { spawn } from 'node:child_process';
import { openSync, closeSync } from 'node:fs';

/** A command ended with another status than 0; the message carries the end of its output. */
export class CommandError extends Error {
  constructor(
    readonly command: string,
    readonly status: number | null,
    readonly output: string,
  ) {
    super(`${command} ended with status ${status}: ${output.trim().split('\n').slice(-8).join('\n')}`);
  }
}

export interface CommandOptions {
  env?: NodeJS.ProcessEnv;
  cwd?: string;
  input?: string;
  /** The command's output goes to this file instead of memory. */
  logFile?: string;
  timeoutMs?: number;
}

/** Runs a command (never a shell) and returns its stdout. Throws CommandError. */
export function command(program: string, args: string[], options: CommandOptions = {}): Promise<string> {
  const log = options.logFile === undefined ? undefined : openSync(options.logFile, 'a');
  const child = spawn(program, args, {
    cwd: options.cwd,
    env: options.env ?? process.env,
    stdio: [options.input === undefined ? 'ignore' : 'pipe', log ?? 'pipe', log ?? 'pipe'],
    timeout: options.timeoutMs ?? 900_000,
  });
  let stdout = '';
  let stderr = '';
  child.stdout?.setEncoding('utf8').on('data', (chunk: string) => (stdout += chunk));
  child.stderr?.setEncoding('utf8').on('data', (chunk: string) => (stderr = (stderr + chunk).slice(-20_000)));
  child.stdin?.end(options.input);
  return new Promise((resolve, reject) => {
    const end = () => log !== undefined && closeSync(log);
    child.on('error', (error) => {
      end();
      reject(error);
    });
    child.on('close', (status) => {
      end();
      const said = options.logFile ? `see ${options.logFile}` : stderr || stdout;
      if (status === 0) resolve(stdout);
      else reject(new CommandError([program, ...args].join(' ').slice(0, 200), status, said));
    });
  });
}
