import { join } from 'node:path';
import type { IdMap } from '#generated/lxstack/agent/v1/types';
import { run } from '../../process/run.js';
import type { HeldFiles } from '../checks/held-files.js';
import type { Task } from '../checks/tasks.js';
import { scriptsDirectory } from '../move-directory.js';
import type { Loss } from './loss.js';

const LOOK_MS = 10_000;

/** What the script says of a process. */
const OF_PROCESS: Record<string, string> = {
  'sysv-undo': 'what it has taken of semaphores with SEM_UNDO is not given back when it ends',
  'inotify-queued': 'events of inotify that it has not read are dropped',
};

/** What /proc does not show: the script `hidden-objects` asks the kernel otherwise. */
export async function hiddenLosses(
  initPid: number,
  tasks: readonly Task[],
  held: readonly HeldFiles[],
  idmap: IdMap | undefined,
): Promise<Loss[]> {
  const lines = [
    ...(idmap ? [`users ${idmap.base} ${idmap.size}`] : []), // else its users are the host's, and so are their keys
    ...tasks.map(({ pid }) => `task ${pid}`),
    ...held.flatMap(({ task, files }) =>
      files.filter(({ link }) => link === 'anon_inode:inotify').map(({ fd }) => `inotify ${task.pid} ${fd}`),
    ),
  ];
  const args = [`--ipc=/proc/${initPid}/ns/ipc`, join(scriptsDirectory, 'hidden-objects')];
  return parseHidden(await run('nsenter', args, lines.map((line) => `${line}\n`).join(''), LOOK_MS), tasks, idmap);
}

/** Of the script's lines: `keyring UID`, or a kind and the process. */
export function parseHidden(shown: string, tasks: readonly Task[], idmap: IdMap | undefined): Loss[] {
  return shown.split('\n').flatMap((line): Loss[] => {
    const [kind, number] = line.split(' ') as [string, string?];
    if (kind === 'keyring')
      return [
        {
          kind,
          what: "what is in the kernel's keyrings is gone",
          holder: `User ${Number(number) - (idmap?.base ?? 0)}`,
        },
      ];
    const task = tasks.find(({ pid }) => pid === Number(number));
    const what = OF_PROCESS[kind];
    return task && what ? [{ kind, what, holder: task.name }] : [];
  });
}
