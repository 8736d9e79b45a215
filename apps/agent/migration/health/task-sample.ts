import { readFileSync, readdirSync } from 'node:fs';
import { setImmediate as pause } from 'node:timers/promises';

/** What one task (thread) has done since it exists. Milliseconds. */
export interface TaskTimes {
  /** Pid of its process for this host. */
  pid: number;
  /** Its own id as the guest sees it. */
  id: number;
  name: string;
  /** On a CPU. */
  ran: number;
  /** Runnable, with no CPU free for it: on a busy machine a task that spins is seen by this. */
  waited: number;
  age: number;
}

/** Every task of a guest at one moment, by its id as the guest sees it. */
export interface TaskSample {
  /** performance.now() */
  at: number;
  tasks: ReadonlyMap<number, TaskTimes>;
}

/** Most tasks that are looked at. */
const MOST = 4096;
/** Tasks read in one go. Read synchronously: for files of a few bytes a thread pool costs several times the read. */
const AT_ONCE = 64;
/** USER_HZ, which the kernel's ABI fixes. */
const TICKS_PER_SECOND = 100;

/** The tasks below `initPid`, as far as the tree of processes goes: none that an exec from outside runs. */
export async function sampleTasks(initPid: number): Promise<TaskSample> {
  const at = performance.now();
  const uptime = Number(read('/proc/uptime').split(' ')[0]) * 1000;
  const depth = idsInside(read(`/proc/${initPid}/status`)).length - 1;
  const tasks = new Map<number, TaskTimes>();
  const pids = [initPid];
  for (let next = 0, looked = 0; next < pids.length && looked < MOST; next++) {
    for (const tid of entries(`/proc/${pids[next]!}/task`).slice(0, MOST - looked)) {
      if (++looked % AT_ONCE === 0) await pause();
      const directory = `/proc/${pids[next]!}/task/${tid}`;
      pids.push(...read(`${directory}/children`).split(' ').filter(Boolean).map(Number));
      const task = timesOf(directory, depth, uptime);
      if (task) tasks.set(task.id, { pid: pids[next]!, ...task });
    }
  }
  return { at, tasks };
}

function timesOf(directory: string, depth: number, uptime: number): Omit<TaskTimes, 'pid'> | undefined {
  const id = idsInside(read(`${directory}/status`))[depth];
  const stat = parseStat(read(`${directory}/stat`));
  if (!id || !stat) return undefined;
  const [ran = 0, waited = 0] = read(`${directory}/schedstat`)
    .split(' ')
    .map((text) => Number(text) / 1e6);
  // A kernel without scheduler statistics says 0.
  return { id, name: stat.name, ran: ran || stat.ran, waited, age: Math.max(1, uptime - stat.started) };
}

/** Name, CPU time and start (after the boot, ms) in a line of /proc/PID/stat. A name may hold anything, also `)`. */
export function parseStat(line: string): { name: string; ran: number; started: number } | undefined {
  const [, name, rest] = /^\d+ \(([\s\S]*)\) ([^)]*)$/.exec(line) ?? [];
  if (name === undefined || rest === undefined) return undefined;
  const fields = rest.split(' ').map(Number);
  const ms = (ticks: number) => (ticks * 1000) / TICKS_PER_SECOND;
  // utime, stime and starttime are the fields 14, 15 and 22 of proc(5); `rest` begins with the third.
  const [user = 0, system = 0, started = 0] = [fields[11], fields[12], fields[19]];
  // The guest chooses the name.
  return { name: name.replace(/[\x00-\x1f\x7f]/g, '?'), ran: ms(user + system), started: ms(started) };
}

/** Its ids from this pid namespace down to its own. */
const idsInside = (status: string): number[] =>
  (/^NSpid:(.*)$/m.exec(status)?.[1] ?? '').split(/\s+/).filter(Boolean).map(Number);

/** '' where it has ended meanwhile. */
export function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    return unlessGone(error, '');
  }
}

function entries(path: string): string[] {
  try {
    return readdirSync(path);
  } catch (error) {
    return unlessGone(error, []);
  }
}

function unlessGone<T>(error: unknown, otherwise: T): T {
  if (['ENOENT', 'ESRCH', 'EACCES', 'EINVAL'].includes((error as NodeJS.ErrnoException).code ?? '')) return otherwise;
  throw error;
}
