import { readdir, statfs } from 'node:fs/promises';
import type { HeldFiles } from './held-files.js';

const MQUEUE = 0x19800202;

/** CRIU carries no POSIX message queues. Counts them only: the guest controls the paths, which may lead elsewhere. */
export async function blockingQueues(initPid: number, held: readonly HeldFiles[]): Promise<string[]> {
  const directory = `/proc/${initPid}/root/dev/mqueue`;
  const queues = (await isQueue(directory)) ? (await readdir(directory)).length : 0;
  const holders: string[] = [];
  for (const { task, files } of held)
    for (const { fd } of files.filter(({ link }) => mayBeQueue(link)))
      if (await isQueue(`/proc/${task.pid}/fd/${fd}`)) holders.push(task.name);
  return [
    ...(queues
      ? [`The instance has POSIX message queues (${queues} in /dev/mqueue), which CRIU cannot carry: remove them.`]
      : []),
    ...new Set(holders.map((name) => `${name} holds a POSIX message queue, which CRIU cannot carry: end it.`)),
  ];
}

/** A queue's path begins at the root of the kernel's own file system of them, or where that is mounted. */
export const mayBeQueue = (link: string): boolean => /^\/(dev\/mqueue\/)?[^/]+$/.test(link);

/** Whether a path is of a file system of queues. */
export const isQueue = (path: string): Promise<boolean> =>
  statfs(path).then(
    ({ type }) => type === MQUEUE,
    () => false, // none there, or closed meanwhile
  );
