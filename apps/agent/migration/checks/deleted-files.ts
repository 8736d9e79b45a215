import { stat } from 'node:fs/promises';
import type { HeldFiles } from './held-files.js';

/** `--ghost-limit` of scripts/criu, in bytes; the content goes through the images, in the freeze. */
const LIMIT = 512 * 2 ** 20;
const MEBIBYTE = 2 ** 20;

/** Deleted files that are still open and larger than CRIU is told to take. */
export async function blockingDeletedFiles(held: readonly HeldFiles[]): Promise<string[]> {
  const reasons: string[] = [];
  for (const { task, files } of held)
    for (const { fd, link } of files.filter((file) => isDeletedFile(file.link))) {
      const { blocks, nlink } = await stat(`/proc/${task.pid}/fd/${fd}`).catch(() => ({ blocks: 0, nlink: 0 })); // closed meanwhile
      if (nlink || blocks * 512 <= LIMIT) continue;
      const size = Math.round((blocks * 512) / MEBIBYTE);
      reasons.push(
        `${task.name} holds ${link} of ${size} MiB open, more than the ${LIMIT / MEBIBYTE} MiB that go along: let it close that.`,
      );
    }
  return reasons;
}

/** A memfd, and System V memory, are named like this too, and go along as memory. */
export const isDeletedFile = (link: string): boolean =>
  link.endsWith(' (deleted)') && !/^\/(memfd:|SYSV|secretmem)/.test(link);
