import { watchedFiles } from '../criu/fixups/watched-files.js';
import type { HeldFiles } from './held-files.js';

/** CRIU makes a watch (inotify, fanotify) again by the path of what is watched. */
export async function blockingDeletedWatches(initPid: number, held: readonly HeldFiles[]): Promise<string[]> {
  const { nameless } = await watchedFiles(initPid, held);
  return nameless.map((name) => `${name} watches a file or directory that has been deleted: restart it.`);
}
