import { rm } from 'node:fs/promises';
import { command } from '../process/command.js';

/** Packs a root file system and removes it. Device nodes stay out: an unprivileged container is given its own. */
export async function archive(root: string, file: string): Promise<void> {
  const options = ['--numeric-owner', '--xattrs', '--exclude=./dev/*', '-I', 'gzip -1'];
  await command('tar', ['-C', root, ...options, '-cf', file, '.']);
  await rm(root, { recursive: true });
}
