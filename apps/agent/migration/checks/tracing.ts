import { readFile, readdir } from 'node:fs/promises';
import { orGone, orNone } from './tasks.js';
import type { Task } from './tasks.js';

/** Processes that another one traces: CRIU must be the tracer itself, and keeps nothing of the former. */
export async function blockingTracing(tasks: readonly Task[]): Promise<string[]> {
  const traced = await Promise.all(tasks.map(({ pid }) => isTraced(pid)));
  return tasks
    .filter((_, index) => traced[index])
    .map(({ name }) => `${name} is traced by another process, as by a debugger or strace: end the tracer.`);
}

async function isTraced(pid: number): Promise<boolean> {
  const threads = await orNone(readdir(`/proc/${pid}/task`));
  const states = await Promise.all(threads.map((tid) => orGone(readFile(`/proc/${pid}/task/${tid}/status`, 'utf8'))));
  return states.some((status) => /^TracerPid:\s*[1-9]/m.test(status));
}
