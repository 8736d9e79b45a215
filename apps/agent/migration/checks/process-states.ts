import { readFile, readdir } from 'node:fs/promises';
import { orGone, orNone } from './tasks.js';
import type { Task } from './tasks.js';

const SIGCHLD = 17;

/**
 * Processes that CRIU cannot stop (they wait in the kernel, as the parent in vfork(2) does, and CRIU gives up only after
 * seconds), and those that tell their parent of their end by another signal than it restores.
 */
export async function blockingStates(initPid: number, tasks: readonly Task[]): Promise<string[]> {
  const reasons: string[] = [];
  for (const { pid, name } of tasks) {
    const threads = await orNone(readdir(`/proc/${pid}/task`));
    const stats = await Promise.all(threads.map((tid) => orGone(readFile(`/proc/${pid}/task/${tid}/stat`, 'utf8'))));
    if (stats.some((stat) => fieldOf(stat, 3) === 'D'))
      reasons.push(`${name} waits in the kernel and cannot be stopped, as in vfork() or for a disk: end it or wait.`);
    const signal = Number(fieldOf(await orGone(readFile(`/proc/${pid}/stat`, 'utf8')), 38) ?? SIGCHLD);
    if (pid !== initPid && signal !== SIGCHLD)
      reasons.push(`${name} tells its parent of its end by signal ${signal}, which CRIU does not restore: end it.`);
  }
  return reasons;
}

/** Field of /proc/PID/stat by its number in proc_pid_stat(5), from the third on; undefined where the process is gone. */
export function fieldOf(stat: string, number: number): string | undefined {
  const behindName = stat.slice(stat.lastIndexOf(')') + 2).trim();
  return behindName ? behindName.split(' ')[number - 3] : undefined;
}
