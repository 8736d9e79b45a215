import { readFile, writeFile } from 'node:fs/promises';
import { moveProcessEnded, orEmpty } from '../criu/checkpoint-process.js';
import { moveFile } from '../move-files.js';

const SWITCH = '/proc/sys/vm/unprivileged_userfaultfd';
let users = 0;
let before = '';

/** CRIU opens userfault descriptors as the instance's own root; other instances may not while none is restored. */
export async function allowUserfaults(): Promise<() => Promise<void>> {
  if (users++ === 0) before = (await readFile(SWITCH, 'utf8')).trim();
  await writeFile(SWITCH, '1'); // each time: another agent of this machine, as a simulated host's, may have ended it
  let released = false;
  return async () => {
    if (released) return;
    released = true;
    if (--users === 0) await writeFile(SWITCH, before);
  };
}

/**
 * Resolves when the move's script `lazy-pages` has ended, also one that an earlier agent started. `none`: the move had none.
 */
export async function pagesMapped(directory: string): Promise<'none' | 'mapped' | 'lost'> {
  if (!(await moveProcessEnded(directory, 'lazyPid'))) return 'none';
  return (await orEmpty(moveFile(directory, 'lazyEnded'))).trim() === '0' ? 'mapped' : 'lost';
}
