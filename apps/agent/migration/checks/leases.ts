import { readFile } from 'node:fs/promises';
import { orGone } from './tasks.js';
import type { Task } from './tasks.js';

/** Leases that another process has asked for and whose holder has not given them up: CRIU would ask for them once more. */
export async function blockingLeases(tasks: readonly Task[]): Promise<string[]> {
  const holders = new Set(breakingLeases(await orGone(readFile('/proc/locks', 'utf8'))));
  return tasks
    .filter(({ pid }) => holders.has(pid))
    .map(
      ({ name }) => `${name} has a lease of a file (F_SETLEASE) that another process waits for: let it give that up.`,
    );
}

/** Pids in the lines of /proc/locks. */
export const breakingLeases = (locks: string): number[] =>
  [...locks.matchAll(/^\d+: LEASE\s+BREAKING\s+\S+\s+(\d+) /gm)].map(([, pid]) => Number(pid));
