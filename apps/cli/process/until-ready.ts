import { setTimeout as sleep } from 'node:timers/promises';
import { messageOf } from '#libs/common/errors';
import type { Layout } from '../fleet/layout.js';
import { logTail } from './daemon.js';
import { readPidFile } from './pid-file.js';

/**
 * Calls `probe`, with back-off, until it succeeds. Throws, with the end of the log, where the process ends or time is
 * up.
 */
export async function untilReady(
  layout: Layout,
  name: string,
  probe: () => Promise<unknown>,
  timeoutMs = 60_000,
): Promise<void> {
  const end = Date.now() + timeoutMs;
  for (let pause = 20; ; pause = Math.min(pause * 1.5, 500)) {
    try {
      await probe();
      return;
    } catch (error) {
      const gone = (await readPidFile(layout.pidFile(name))) === undefined;
      if (gone || Date.now() > end) {
        const what = gone ? 'ended' : `is not ready after ${timeoutMs / 1000} s (${messageOf(error)})`;
        throw new Error(`${name} ${what}. End of its log:\n${await logTail(layout, name)}`);
      }
    }
    await sleep(pause);
  }
}
