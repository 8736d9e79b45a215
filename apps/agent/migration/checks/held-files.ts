import { readdir, readlink } from 'node:fs/promises';
import { orGone, orNone } from './tasks.js';
import type { Task } from './tasks.js';

/** What a process has open: file descriptors with what /proc/PID/fd shows for them. */
export interface HeldFiles {
  task: Task;
  files: { fd: string; link: string }[];
}

/** Files of one process that are looked at. */
const MOST = 65_536;

/** Of each process, read once for all that judges them. */
export async function heldFiles(tasks: readonly Task[]): Promise<HeldFiles[]> {
  const held: HeldFiles[] = [];
  for (const task of tasks) {
    const fds = (await orNone(readdir(`/proc/${task.pid}/fd`))).slice(0, MOST);
    const links = await Promise.all(fds.map((fd) => orGone(readlink(`/proc/${task.pid}/fd/${fd}`))));
    held.push({ task, files: fds.map((fd, index) => ({ fd, link: links[index]! })) });
  }
  return held;
}

/** Flags of open(2) that /proc/PID/fdinfo/N shows; 0 where it shows none. */
export const openFlags = (fdinfo: string): number =>
  Number.parseInt(/^flags:\s*([0-7]+)$/m.exec(fdinfo)?.[1] ?? '0', 8);
