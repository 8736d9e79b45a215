import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { cacheRoot } from '../fleet/layout.js';
import { command } from '../process/command.js';
import { debianMirror } from './mirror.js';

/** A release of Debian, and what is added to its smallest system. */
export interface DebianSystem {
  suite: string;
  packages: readonly string[];
}

/** Makes a Debian in `root`. Hosts and guests of one release share what was downloaded. */
export async function debootstrap(root: string, { suite, packages }: DebianSystem, logFile: string): Promise<void> {
  const downloads = join(cacheRoot(), `packages-${suite}`);
  await mkdir(downloads, { recursive: true });
  const options = [`--cache-dir=${downloads}`, '--variant=minbase', `--include=${packages.join(',')}`];
  await command('debootstrap', [...options, suite, root, await debianMirror()], { logFile });
}
