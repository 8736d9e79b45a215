import { existsSync, watch } from 'node:fs';
import { mkdir, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { settings } from './settings/settings.js';

/** The named moments of a live move at which `test/chaos` can hold a process, in the order in which they come. */
export const FAULT_POINTS = [
  'worker.precheck',
  'worker.claim',
  'worker.prepare',
  'target.preparing',
  'target.prepared',
  'worker.switch',
  'source.connected',
  'source.disk',
  'source.memory', // during a pass over memory; with pre-copy only
  'target.arming',
  'source.armed',
  'source.cut',
  'source.dumped',
  'source.images-sent',
  'source.restore-asked',
  'target.restoring',
  'target.restored',
  'source.restored',
  'source.awaiting-commit',
  'worker.before-commit',
  'worker.after-commit',
  'target.committed',
  'target.running',
  'source.letting-go',
  'worker.open',
  'worker.forward',
  'worker.release',
  'worker.finish',
] as const;

export type FaultPoint = (typeof FAULT_POINTS)[number];

const LONGEST_HOLD_MS = 60_000;

/**
 * Holds the process at a named moment, as FreeBSD's fail(9) does. Does nothing unless LXSTACK_FAULT_POINTS names a
 * directory: there it writes NAME.reached and waits while NAME.hold exists, at most a minute. Never rejects.
 */
export function faultPoint(name: FaultPoint): Promise<void> | undefined {
  const directory = settings('debug').faultPoints;
  return directory ? reached(directory, name).catch(() => undefined) : undefined;
}

async function reached(directory: string, name: FaultPoint): Promise<void> {
  const [mark, hold] = [join(directory, `${name}.reached`), join(directory, `${name}.hold`)];
  await mkdir(directory, { recursive: true });
  const watcher = watch(directory);
  try {
    const released = new Promise<void>((resolve) => {
      const look = () => existsSync(hold) || resolve();
      watcher.on('change', look).on('error', () => resolve());
      setTimeout(resolve, LONGEST_HOLD_MS).unref();
    });
    await writeFile(`${mark}.new`, String(process.pid));
    await rename(`${mark}.new`, mark); // also the first event of the watch
    await released;
  } finally {
    watcher.close();
  }
}
