import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { InvalidInputError } from '#libs/common/errors';
import { CommandError, run } from '../network/commands.js';
import { DirDriver } from './dir-driver.js';
import { StorageDirectories } from './directories.js';
import { OverlayDriver } from './overlay-driver.js';
import type { StorageDriver } from './storage-driver.js';

/** `auto`: overlay where a trial mount works, else dir. */
export async function chooseDriver(wanted: string, stateDirectory: string): Promise<StorageDriver> {
  const at = new StorageDirectories(stateDirectory);
  await mkdir(join(stateDirectory, 'images'), { recursive: true, mode: 0o711 });
  if (wanted === 'overlay') return new OverlayDriver(at);
  if (wanted === 'dir') return new DirDriver(at);
  if (wanted !== 'auto') throw new InvalidInputError('LXSTACK_AGENT_STORAGE', 'overlay, dir or auto');
  return (await overlayWorks(stateDirectory)) ? new OverlayDriver(at) : new DirDriver(at);
}

async function overlayWorks(stateDirectory: string): Promise<boolean> {
  const trial = join(stateDirectory, 'overlay-trial');
  const [lower, upper, work, root] = ['lower', 'upper', 'work', 'root'].map((name) => join(trial, name));
  await Promise.all([lower, upper, work, root].map((path) => mkdir(path!, { recursive: true })));
  try {
    await run('mount', [
      '-t',
      'overlay',
      '-o',
      `lowerdir=${lower},upperdir=${upper},workdir=${work}`,
      'overlay',
      root!,
    ]);
    await run('umount', [root!]);
    return true;
  } catch (error) {
    if (error instanceof CommandError) return false;
    throw error;
  } finally {
    await rm(trial, { recursive: true, force: true });
  }
}
