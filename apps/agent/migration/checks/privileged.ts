import { readFile } from 'node:fs/promises';
import { orGone } from './tasks.js';
import type { Task } from './tasks.js';

const CAP_SYS_RESOURCE = 24n;

/**
 * Processes of a privileged instance whose limits CRIU may not read: prlimit(2) needs the same ids or CAP_SYS_RESOURCE, which
 * an agent may lack. In other instances CRIU has every capability, by their user namespace.
 */
export async function blockingIds(tasks: readonly Task[]): Promise<string[]> {
  if (mayAskAll(await readFile('/proc/self/status', 'utf8'))) return [];
  const reasons = await Promise.all(
    tasks.map(async ({ pid, name }) => {
      const status = await orGone(readFile(`/proc/${pid}/status`, 'utf8'));
      return status && !isRoot(status)
        ? [
            `${name} is not run by root, and this host gives CRIU no CAP_SYS_RESOURCE for it: end it, or make the instance without security.privileged.`,
          ]
        : [];
    }),
  );
  return reasons.flat();
}

const mayAskAll = (status: string): boolean =>
  ((BigInt(`0x${/^CapEff:\s*(\w+)$/m.exec(status)?.[1] ?? '0'}`) >> CAP_SYS_RESOURCE) & 1n) === 1n;

/** Real, effective and saved ids, as prlimit(2) compares them. */
const isRoot = (status: string): boolean => /^Uid:\t0\t0\t0\t/m.test(status) && /^Gid:\t0\t0\t0\t/m.test(status);
