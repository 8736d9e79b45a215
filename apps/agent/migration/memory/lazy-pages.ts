import { KernelSetting } from '../../state/kernel-setting.js';
import { moveProcessEnded, orEmpty } from '../criu/checkpoint-process.js';
import { moveFile } from '../move-files.js';

const userfaults = new KernelSetting('/proc/sys/vm/unprivileged_userfaultfd');

/** CRIU opens userfault descriptors as the instance's own root; other instances may not while none is restored. */
export const allowUserfaults = (): Promise<() => Promise<void>> => userfaults.hold('1');

/** After a start and before a stop of the agent: one that was killed in a restore has left it on. */
export const forbidUserfaults = (): Promise<void> => userfaults.mend();

/**
 * Resolves when the move's script `lazy-pages` has ended, also one that an earlier agent started. `none`: the move had none.
 */
export async function pagesMapped(directory: string): Promise<'none' | 'mapped' | 'lost'> {
  if (!(await moveProcessEnded(directory, 'lazyPid'))) return 'none';
  return (await orEmpty(moveFile(directory, 'lazyEnded'))).trim() === '0' ? 'mapped' : 'lost';
}
