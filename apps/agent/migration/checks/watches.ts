import { lstat, readFile, readdir } from 'node:fs/promises';
import { mountsIn } from './mounts.js';
import { orGone, orNone } from './tasks.js';
import type { Task } from './tasks.js';

/** The link that systemd watches for a change of the time zone. */
const ZONE = 'etc/localtime';

/**
 * CRIU finds a watched symbolic link only by device and inode (irmap.c), and on btrfs stat(2) gives another device, the
 * subvolume's, than the watch has. Other watched files CRIU opens by their handle.
 */
export async function blockingWatches(initPid: number, tasks: readonly Task[]): Promise<string[]> {
  const mounts = mountsIn(await orGone(readFile(`/proc/${initPid}/mountinfo`, 'utf8')));
  if (mounts.find(({ point }) => point === '/')?.type !== 'btrfs') return [];
  const link = await lstat(`/proc/${initPid}/root/${ZONE}`).catch(() => undefined); // looked at, never followed
  if (!link?.isSymbolicLink()) return [];
  const watching: string[] = [];
  for (const { pid, name } of tasks) {
    const files = await orNone(readdir(`/proc/${pid}/fdinfo`));
    const watches = await Promise.all(files.map((fd) => orGone(readFile(`/proc/${pid}/fdinfo/${fd}`, 'utf8'))));
    if (watchedIn(watches.join('\n')).has(link.ino)) watching.push(name);
  }
  return watching.map(
    (name) =>
      `${name} watches the link /${ZONE}, which CRIU cannot find again on btrfs: remove the link where the time is UTC, or use a cold migration.`,
  );
}

/** Inodes in the text of /proc/PID/fdinfo/FD. */
export const watchedIn = (fdinfo: string): Set<number> =>
  new Set([...fdinfo.matchAll(/^inotify wd:\S+ ino:([0-9a-f]+) /gm)].map(([, inode]) => parseInt(inode!, 16)));
