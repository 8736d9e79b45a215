import { readFile, readdir } from 'node:fs/promises';
import { orGone, orNone } from './tasks.js';
import type { Task } from './tasks.js';

/** POSIX timers that signal one thread (SIGEV_THREAD_ID) where that is the process's first one, or has ended. */
export async function blockingThreadTimers(tasks: readonly Task[]): Promise<string[]> {
  const blocking = await Promise.all(tasks.map(({ pid }) => hasSuchTimer(pid)));
  return tasks
    .filter((_, index) => blocking[index])
    .map(
      ({ name }) =>
        `${name} has a timer that signals its main thread or one that has ended (SIGEV_THREAD_ID), which CRIU cannot carry: let it delete that or end it.`,
    );
}

async function hasSuchTimer(pid: number): Promise<boolean> {
  const signalled = signalledThreads(await orGone(readFile(`/proc/${pid}/timers`, 'utf8')));
  if (!signalled.length) return false;
  const threads = new Set((await orNone(readdir(`/proc/${pid}/task`))).map(Number));
  return signalled.some((tid) => tid === pid || !threads.has(tid));
}

/** Of /proc/PID/timers, as the reader's pid namespace numbers them; 0 for one that has ended. */
export const signalledThreads = (timers: string): number[] =>
  [...timers.matchAll(/^notify: \w+\/tid\.(-?\d+)$/gm)].map(([, tid]) => Number(tid));
