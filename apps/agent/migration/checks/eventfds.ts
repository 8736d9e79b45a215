import { readFile } from 'node:fs/promises';
import type { HeldFiles } from './held-files.js';
import { orGone } from './tasks.js';

/** Eventfds made with EFD_SEMAPHORE: CRIU (eventfd.c) makes each again as a counter, of which a read takes all. */
export async function blockingEventfds(held: readonly HeldFiles[]): Promise<string[]> {
  const reasons: string[] = [];
  for (const { task, files } of held) {
    const eventfds = files.filter(({ link }) => link === 'anon_inode:[eventfd]');
    const infos = await Promise.all(
      eventfds.map(({ fd }) => orGone(readFile(`/proc/${task.pid}/fdinfo/${fd}`, 'utf8'))),
    );
    if (infos.some(isSemaphore))
      reasons.push(
        `${task.name} holds an eventfd that is a semaphore, which CRIU cannot carry: let it close that or end it.`,
      );
  }
  return reasons;
}

/** From /proc/PID/fdinfo/FD; kernels before 6.5 do not say it. */
export const isSemaphore = (fdinfo: string): boolean => /^eventfd-semaphore:\s*1$/m.test(fdinfo);
