import { spawn } from 'node:child_process';
import type { StdioOptions } from 'node:child_process';
import { closeSync, openSync, renameSync, statSync } from 'node:fs';
import { mkdir, readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Layout } from '../fleet/layout.js';
import { readPidFile, writePidFile } from './pid-file.js';

export interface Daemon {
  /** Name of its log and pid file. */
  name: string;
  program: string;
  args: string[];
  env?: NodeJS.ProcessEnv;
  cwd?: string;
  /** The process inherits it as descriptor 3 (socket activation). */
  descriptor?: number;
}

const LOG_LIMIT = 16 * 1024 * 1024;

/** Starts a process that outlives this one, unless it runs already. Returns whether it was started. */
export async function startDaemon(layout: Layout, daemon: Daemon): Promise<boolean> {
  if ((await readPidFile(layout.pidFile(daemon.name))) !== undefined) return false;
  const logFile = layout.log(daemon.name);
  await mkdir(dirname(logFile), { recursive: true });
  rotate(logFile);
  const log = openSync(logFile, 'a');
  const stdio: StdioOptions = ['ignore', log, log];
  if (daemon.descriptor !== undefined) stdio.push(daemon.descriptor);
  const child = spawn(daemon.program, daemon.args, {
    env: daemon.env ?? process.env,
    cwd: daemon.cwd ?? '/',
    detached: true,
    stdio,
  });
  closeSync(log);
  await new Promise<void>((resolve, reject) => child.once('spawn', resolve).once('error', reject));
  child.unref();
  await writePidFile(layout.pidFile(daemon.name), child.pid!);
  return true;
}

/** The last lines of a process's log, for a person who wants to know why it failed. */
export async function logTail(layout: Layout, name: string, lines = 20): Promise<string> {
  const text = await readFile(layout.log(name), 'utf8').catch(() => '(no log)');
  return text.trimEnd().split('\n').slice(-lines).join('\n');
}

function rotate(file: string): void {
  const size = statSync(file, { throwIfNoEntry: false })?.size ?? 0;
  if (size > LOG_LIMIT) renameSync(file, `${file}.1`);
}
