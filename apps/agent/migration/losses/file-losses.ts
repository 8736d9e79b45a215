import { readFile } from 'node:fs/promises';
import { isDeletedFile } from '../checks/deleted-files.js';
import { openFlags } from '../checks/held-files.js';
import type { HeldFiles } from '../checks/held-files.js';
import { orGone } from '../checks/tasks.js';
import type { Loss } from './loss.js';

/** The bit of O_TMPFILE in open(2) that is not O_DIRECTORY; a file that had a name does not have it. */
const O_TMPFILE = 0o20000000;

/** Files that were made without a name: CRIU makes them by a name, after which linkat(2) refuses them. */
export async function fileLosses(held: readonly HeldFiles[]): Promise<Loss[]> {
  const losses: Loss[] = [];
  for (const { task, files } of held) {
    const deleted = files.filter(({ link }) => isDeletedFile(link));
    const infos = await Promise.all(
      deleted.map(({ fd }) => orGone(readFile(`/proc/${task.pid}/fdinfo/${fd}`, 'utf8'))),
    );
    if (infos.some(isNameless))
      losses.push({
        kind: 'nameless',
        what: 'its open file that never had a name (O_TMPFILE) can be given none any more',
        holder: task.name,
      });
  }
  return losses;
}

/** Whether /proc/PID/fdinfo/N is of a file opened with O_TMPFILE. */
export function isNameless(fdinfo: string): boolean {
  return (openFlags(fdinfo) & O_TMPFILE) !== 0;
}
