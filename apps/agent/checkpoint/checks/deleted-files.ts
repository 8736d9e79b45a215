import { readdir, readlink, stat } from 'node:fs/promises';
import { orGone, orNone } from './tasks.js';
import type { Task } from './tasks.js';

/** `--ghost-limit` of scripts/criu, in bytes; the content goes through the images, in the freeze. */
const LIMIT = 512 * 2 ** 20;
const MEBIBYTE = 2 ** 20;

/** Deleted files that are still open and larger than CRIU is told to take. */
export async function blockingDeletedFiles(tasks: readonly Task[]): Promise<string[]> {
  const reasons: string[] = [];
  for (const { pid, name } of tasks)
    for (const fd of await orNone(readdir(`/proc/${pid}/fd`))) {
      const link = await orGone(readlink(`/proc/${pid}/fd/${fd}`));
      if (!isDeletedFile(link)) continue;
      const { blocks, nlink } = await stat(`/proc/${pid}/fd/${fd}`).catch(() => ({ blocks: 0, nlink: 0 })); // closed meanwhile
      if (nlink || blocks * 512 <= LIMIT) continue;
      const size = Math.round((blocks * 512) / MEBIBYTE);
      reasons.push(
        `${name} holds ${link} of ${size} MiB open, more than the ${LIMIT / MEBIBYTE} MiB that go along: let it close that.`,
      );
    }
  return reasons;
}

/** A memfd, and System V memory, are named like this too, and go along as memory. */
export const isDeletedFile = (link: string): boolean => link.endsWith(' (deleted)') && !/^\/(memfd:|SYSV)/.test(link);
