import { run } from '../process/run.js';

const TIMEOUT_MS = 60_000;

/** Runs a command of btrfs-progs. Throws CommandError. */
export const btrfs = (...args: string[]): Promise<string> => run('btrfs', args, '', TIMEOUT_MS);
