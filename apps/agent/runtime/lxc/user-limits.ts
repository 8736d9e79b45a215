import { messageOf } from '#libs/common/errors';
import type { Logger } from '#libs/common/logger';
import { KernelSetting } from '../../state/kernel-setting.js';

/** Settings below /proc/sys/fs, the least value of each, and what fails without it. */
const LIMITS = [
  // LXD's advice for production (documentation, "Server settings").
  { name: 'inotify/max_user_instances', wanted: 1_048_576, without: 'few systemd guests will start or move' },
  { name: 'inotify/max_user_watches', wanted: 1_048_576, without: 'guests that watch many files will not move' },
  // The kernel makes a pipe smaller where a user has more than 1024 pipes of 16 pages, and CRIU cannot give it its size
  // again. A guest's own memory limit counts them.
  {
    name: 'pipe-user-pages-soft',
    wanted: 4_194_304,
    without: 'guests with more than 1024 pipes together will not move',
  },
] as const;

/**
 * Raises limits that the kernel has per user: all instances share an id map, so the kernel sees one user, whose limits
 * a dozen systemd guests exhaust; then a restore fails. Never lowers a limit. The returned function puts back what was
 * there before any agent, for an agent that ends and leaves no instance.
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
