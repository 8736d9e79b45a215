import { run } from '../process/run.js';

const TIMEOUT_MS = 60_000;

/** A command of btrfs-progs; throws CommandError. */
export const btrfs = (...args: string[]): Promise<string> => run('btrfs', args, '', TIMEOUT_MS);
