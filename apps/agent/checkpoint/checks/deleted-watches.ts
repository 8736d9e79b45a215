import { watchedFiles } from '../watched-files.js';
import type { Task } from './tasks.js';

/** CRIU makes a watch (inotify, fanotify) again by the path of what is watched. */
export async function blockingDeletedWatches(initPid: number, tasks: readonly Task[]): Promise<string[]> {
  const { nameless } = await watchedFiles(initPid, tasks);
  return nameless.map((name) => `${name} watches a file or directory that has been deleted: restart it.`);
}
