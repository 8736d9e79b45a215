import { messageOf } from '#libs/common/errors';
import type { Logger } from '#libs/common/logger';
import { KernelSetting } from '../../state/kernel-setting.js';

/** Settings below /proc/sys/fs with what they are to be at least, and what fails without. */
const LIMITS = [
  // LXD's advice for production (documentation, "Server settings").
  { name: 'inotify/max_user_instances', wanted: 1_048_576, without: 'few systemd guests will start or move' },
  { name: 'inotify/max_user_watches', wanted: 1_048_576, without: 'guests that watch many files will not move' },
  // 1024 pipes of 16 pages; each one more is made smaller, and CRIU cannot give it its size. A guest's own memory limit counts them.
  {
    name: 'pipe-user-pages-soft',
    wanted: 4_194_304,
    without: 'guests with more than 1024 pipes together will not move',
  },
] as const;

/**
 * To the kernel all instances of the host are one user (they share an id map), and what it lets one user have is soon used
 * up, as by a dozen systemd guests: the next restore fails. Raised, never lowered. The returned function
 * puts them back to what they were before any agent: for one that stops and leaves no instance behind.
 */
export async function raiseUserLimits(logger: Logger): Promise<() => Promise<void>> {
  const releases: (() => Promise<void>)[] = [];
  for (const { name, wanted, without } of LIMITS) {
    const path = `/proc/sys/fs/${name}`;
    try {
      const unlimited = name === 'pipe-user-pages-soft' ? 0 : undefined;
      releases.push(await new KernelSetting(path).holdAtLeast(wanted, unlimited));
    } catch (error) {
      logger.warn({ reason: messageOf(error) }, `cannot raise ${path}: ${without}`);
    }
  }
  return async () => {
    for (const release of releases) await release();
  };
}
