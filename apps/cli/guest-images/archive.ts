import { rm } from 'node:fs/promises';
import { command } from '../process/command.js';

/**
 * Packs a root file system and removes its directory. Leaves out device nodes: an unprivileged container gets its own.
 */
export async function archive(root: string, file: string): Promise<void> {
  const options = ['--numeric-owner', '--xattrs', '--exclude=./dev/*', '-I', 'gzip -1'];
  await command('tar', ['-C', root, ...options, '-cf', file, '.']);
  await rm(root, { recursive: true });
}

/** Unpacks an archive, so that another image can be made from it. */
export async function unpack(file: string, root: string): Promise<void> {
  await command('install', ['-d', '-m', '755', root]);
  await command('tar', ['-C', root, '--numeric-owner', '--xattrs', '-xpf', file]);
}
