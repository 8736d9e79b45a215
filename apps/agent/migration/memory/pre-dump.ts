import { mkdir } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { startCheckpoint } from '../criu/checkpoint-process.js';
import { moveEnvironment } from '../move-directory.js';

/** What lxc-checkpoint takes as the pre-dump that a dump into `images` builds upon. */
export const preDumpArguments = (preDump: string): string[] =>
  preDump ? ['--predump-dir', join('..', basename(preDump))] : [];

/** Pre-dumps into directories of their own in a move's; each resolves with its directory. */
export function preDumps(moveDirectory: string, instanceId: string, lxcPath: string) {
  let count = 0;
  return async (before: string): Promise<string> => {
    const images = join(moveDirectory, `pre-dump-${++count}`);
    await mkdir(images, { mode: 0o755 });
    const args = ['-p', '-n', instanceId, '-P', lxcPath, '-D', images, ...preDumpArguments(before)];
    const status = await startCheckpoint(moveDirectory, args, moveEnvironment(dirname(images), 'source', []));
    if (status !== 0) throw new Error(`lxc-checkpoint -p ended with ${status}`);
    return images;
  };
}
