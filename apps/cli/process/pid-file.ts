import { readFileSync } from 'node:fs';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';

/** A process. Its start time (clock ticks since boot) tells it from a later process with the same pid. */
export interface ProcessId {
  pid: number;
  startTime: string;
}

/** Field 22 of /proc/PID/stat; undefined where the process does not exist or is a zombie. */
export function startTimeOf(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return fields[0] === 'Z' ? undefined : fields[19];
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === 'ENOENT' || code === 'ESRCH') return undefined;
    throw error;
  }
}

/** Writes pid and start time. Throws where the process has ended. */
export async function writePidFile(file: string, pid: number): Promise<void> {
  const startTime = startTimeOf(pid);
  if (startTime === undefined) throw new Error(`process ${pid} ended at once`);
  await mkdir(dirname(file), { recursive: true });
  await writeFile(`${file}.new`, JSON.stringify({ pid, startTime } satisfies ProcessId));
  await rename(`${file}.new`, file);
}

/** Pid of the live process that a pid file names; undefined where it is gone. */
export async function readPidFile(file: string): Promise<number | undefined> {
  let id: ProcessId;
  try {
    id = JSON.parse(await readFile(file, 'utf8')) as ProcessId;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT' || error instanceof SyntaxError) return undefined;
    throw error;
  }
  return startTimeOf(id.pid) === id.startTime ? id.pid : undefined;
}

/** Sends `signal`; returns false where the process is gone. */
export function signalProcess(pid: number, signal: NodeJS.Signals): boolean {
  try {
    return process.kill(pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false;
    throw error;
  }
}

/** Sends `signal` to the process of a pid file, and SIGKILL after `graceMs`. Resolves when the process is gone. */
export async function endProcess(file: string, graceMs = 10_000, signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
  const pid = await readPidFile(file);
  if (pid !== undefined) {
    signalProcess(pid, signal);
    const killAt = Date.now() + graceMs;
    let killed = false;
    while ((await readPidFile(file)) !== undefined) {
      if (!killed && Date.now() > killAt) killed = signalProcess(pid, 'SIGKILL');
      if (Date.now() > killAt + 10_000) throw new Error(`process ${pid} (${file}) does not end`);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
  await rm(file, { force: true });
}
