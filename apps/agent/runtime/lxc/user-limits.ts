import { readFile, writeFile } from 'node:fs/promises';
import { messageOf } from '#libs/common/errors';
import type { Logger } from '#libs/common/logger';

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
 * up, as by a dozen systemd guests: the next restore fails. Raised, never lowered.
 */
export async function raiseUserLimits(logger: Logger): Promise<void> {
  for (const { name, wanted, without } of LIMITS) {
    const path = `/proc/sys/fs/${name}`;
    try {
      const now = Number(await readFile(path, 'utf8'));
      const unlimited = name === 'pipe-user-pages-soft' && now === 0;
      if (now < wanted && !unlimited) await writeFile(path, String(wanted));
    } catch (error) {
      logger.warn({ reason: messageOf(error) }, `cannot raise ${path}: ${without}`);
    }
  }
}
