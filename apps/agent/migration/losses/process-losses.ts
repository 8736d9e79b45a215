import { readFile } from 'node:fs/promises';
import { orGone } from '../checks/tasks.js';
import type { Task } from '../checks/tasks.js';
import type { Loss } from './loss.js';

/** What CRIU does not restore of a process, by /proc/PID. */
export async function processLosses(tasks: readonly Task[]): Promise<Loss[]> {
  const losses = await Promise.all(tasks.map(lossesOf));
  return losses.flat();
}

async function lossesOf({ pid, name: holder }: Task): Promise<Loss[]> {
  const [personality, status] = await Promise.all(
    ['personality', 'status'].map((file) => orGone(readFile(`/proc/${pid}/${file}`, 'utf8'))),
  );
  const losses: Loss[] = [];
  if (Number.parseInt(personality!, 16) > 0)
    losses.push({ kind: 'personality', what: 'its personality is the usual one again (setarch)', holder });
  // Whether it is locked by mlockall(MCL_FUTURE) the kernel does not show; what is mapped already stays locked.
  if (Number(/^VmLck:\s*(\d+)/m.exec(status!)?.[1] ?? 0) > 0)
    losses.push({
      kind: 'mlockall',
      what: 'what it maps from now on is not locked, if it had asked for that (MCL_FUTURE)',
      holder,
    });
  return losses;
}
