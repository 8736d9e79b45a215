import { readFile } from 'node:fs/promises';
import type { HeldFiles } from './held-files.js';
import { orGone } from './tasks.js';

/** CRIU opens files of its own inside the process while it looks at it. */
const NEEDED = 4;

/** Processes with so many open files that none of CRIU's fits under their RLIMIT_NOFILE. */
export async function blockingDescriptorLimits(held: readonly HeldFiles[]): Promise<string[]> {
  const reasons: string[] = [];
  for (const { task, files } of held) {
    const limit = openFilesLimit(await orGone(readFile(`/proc/${task.pid}/limits`, 'utf8')));
    if (limit - files.length >= NEEDED) continue;
    reasons.push(
      `${task.name} has ${files.length} files open of the ${limit} that its RLIMIT_NOFILE lets it have: raise that, or let it close ${NEEDED}.`,
    );
  }
  return reasons;
}

/** The soft limit in /proc/PID/limits; infinite where none is told. */
export const openFilesLimit = (limits: string): number =>
  Number(/^Max open files +(\d+) /m.exec(limits)?.[1] ?? Infinity);
