import { readFile, writeFile } from 'node:fs/promises';
import { messageOf } from '#libs/common/errors';
import type { Logger } from '#libs/common/logger';

const LIMIT = '/proc/sys/fs/inotify/max_user_instances';
/** LXD's advice for production (documentation, "Server settings"). */
const WANTED = 1_048_576;

/**
 * To the kernel all instances of the host are one user (they share an id map), and by default it lets a user have 128
 * inotify instances: a dozen systemd guests, and the next restore fails. Raised, never lowered.
 */
export async function raiseInotifyLimit(logger: Logger): Promise<void> {
  try {
    if (Number(await readFile(LIMIT, 'utf8')) < WANTED) await writeFile(LIMIT, String(WANTED));
  } catch (error) {
    logger.warn({ reason: messageOf(error) }, `cannot raise ${LIMIT}: few systemd guests will start or move`);
  }
}
