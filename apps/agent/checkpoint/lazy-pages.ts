import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { sleep } from '#libs/common/clock';

const SWITCH = '/proc/sys/vm/unprivileged_userfaultfd';
const LOOK_MS = 50;
let users = 0;
let before = '';

/** CRIU opens userfault descriptors as the instance's own root; other instances may not while none is restored. */
export async function allowUserfaults(): Promise<() => Promise<void>> {
  if (users++ === 0) {
    before = (await readFile(SWITCH, 'utf8')).trim();
    await writeFile(SWITCH, '1');
  }
  let released = false;
  return async () => {
    if (released) return;
    released = true;
    if (--users === 0) await writeFile(SWITCH, before);
  };
}

/**
 * Resolves when the script `lazy-pages` of this move has ended, also one that an agent before this one had begun. It is
 * no child of ours: it is looked at. `none`: there was none.
 */
export async function pagesMapped(directory: string): Promise<'none' | 'mapped' | 'lost'> {
  const pid = await orEmpty(join(directory, 'lazy.pid'));
  if (!pid) return 'none';
  const mark = `LXSTACK_MOVE_DIR=${directory}\0`;
  while ((await orEmpty(`/proc/${pid.trim()}/environ`)).includes(mark)) await sleep(LOOK_MS);
  return (await orEmpty(join(directory, 'lazy.ended'))).trim() === '0' ? 'mapped' : 'lost';
}

async function orEmpty(path: string): Promise<string> {
  return readFile(path, 'utf8').catch(() => '');
}
