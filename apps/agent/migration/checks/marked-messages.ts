import { join } from 'node:path';
import { CommandError } from '../../process/command-error.js';
import { run } from '../../process/run.js';
import { scriptsDirectory } from '../move-directory.js';
import { heldFiles } from './held-files.js';
import { tasksBelow } from './tasks.js';

const LOOK_MS = 10_000;

/**
 * Those of these sockets whose reader gets with each message who sent it or when (SO_PASSCRED, SO_TIMESTAMP and their kin).
 * CRIU 4.2 cannot read such a queue (sk-queue.c: "Control messages in queue").
 */
export async function markedMessages<T extends { inode: string }>(
  initPid: number,
  sockets: readonly T[],
): Promise<T[]> {
  if (!sockets.length) return [];
  const inodes = new Set(sockets.map(({ inode }) => inode));
  const holders = (await heldFiles(await tasksBelow(initPid))).flatMap(({ task, files }) =>
    files.flatMap(({ fd, link }) => {
      const inode = /^socket:\[(\d+)\]$/.exec(link)?.[1];
      return inode !== undefined && inodes.has(inode) ? [`${task.pid} ${fd} ${inode}\n`] : [];
    }),
  );
  const script = join(scriptsDirectory, 'marked-messages');
  const shown = await run('perl', [script], holders.join(''), LOOK_MS).catch((error: unknown) => {
    if (error instanceof CommandError) return ''; // CRIU will say it
    throw error;
  });
  const marked = new Set(shown.split('\n'));
  return sockets.filter(({ inode }) => marked.has(inode));
}
