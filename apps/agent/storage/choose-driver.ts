import { chmod, mkdir, rm, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { InvalidInputError } from '#libs/common/errors';
import { CommandError } from '../process/command-error.js';
import { run } from '../process/run.js';
import { BtrfsDriver } from './btrfs-driver.js';
import { DirDriver } from './dir-driver.js';
import type { AgentSettings } from '../settings.js';
import { StorageDirectories } from './directories.js';
import { OverlayDriver } from './overlay-driver.js';
import { ProjectQuotas } from './project-quotas.js';
import { SharedDriver } from './shared-driver.js';
import type { StorageDriver } from './storage-driver.js';

/** Superblock magic of btrfs (statfs(2)). */
const BTRFS = 0x9123683e;

type Wanted = Pick<AgentSettings, 'storage' | 'state' | 'sharedStorage' | 'name'>;

/**
 * The storage driver asked for. `auto`: btrfs where the state lies on it, else overlay where a trial mount works, else
 * dir.
 */
export async function chooseDriver(settings: Wanted): Promise<StorageDriver> {
  const { storage: wanted, state: stateDirectory } = settings;
  const at = new StorageDirectories(stateDirectory);
  await mkdir(join(stateDirectory, 'images'), { recursive: true });
  await chmod(join(stateDirectory, 'images'), 0o700); // copies for privileged instances have the host's ids
  await mkdir(join(stateDirectory, 'instances'), { recursive: true, mode: 0o711 });
  const onBtrfs = (await statfs(stateDirectory)).type === BTRFS;
  switch (wanted) {
    case 'btrfs':
      if (!onBtrfs) throw new InvalidInputError('LXSTACK_AGENT_STORAGE', `btrfs below ${stateDirectory}`);
      return BtrfsDriver.open(stateDirectory);
    case 'overlay':
      return new OverlayDriver(at, await ProjectQuotas.open(stateDirectory));
    case 'dir':
      return new DirDriver(at, await ProjectQuotas.open(stateDirectory));
    case 'shared':
      return SharedDriver.open(at, settings.sharedStorage, settings.name);
    case 'auto':
      if (onBtrfs) return BtrfsDriver.open(stateDirectory);
      return new ((await overlayWorks(stateDirectory)) ? OverlayDriver : DirDriver)(
        at,
        await ProjectQuotas.open(stateDirectory),
      );
    default:
      throw new InvalidInputError('LXSTACK_AGENT_STORAGE', 'btrfs, overlay, dir, shared or auto');
  }
}

/** Tries a mount: an overlay's upper directory cannot lie on another overlay, or on some network file systems. */
export async function overlayWorks(stateDirectory: string): Promise<boolean> {
  const trial = join(stateDirectory, `overlay-trial-${process.pid}`);
  const [lower, upper, work, root] = ['lower', 'upper', 'work', 'root'].map((name) => join(trial, name));
  await Promise.all([lower, upper, work, root].map((path) => mkdir(path!, { recursive: true })));
  const layers = `lowerdir=${lower},upperdir=${upper},workdir=${work}`;
  try {
    await run('mount', ['-t', 'overlay', '-o', layers, 'overlay', root!]);
    await run('umount', [root!]);
    return true;
  } catch (error) {
    if (error instanceof CommandError) return false;
    throw error;
  } finally {
    await rm(trial, { recursive: true, force: true });
  }
}
