import { readFile } from 'node:fs/promises';
import type { HeldFiles } from '../checks/held-files.js';
import { orGone } from '../checks/tasks.js';
import { listedSockets } from '../checks/unfinished-inet.js';
import type { Loss } from './loss.js';

const DATAGRAMS = ['udp', 'udp6', 'raw', 'raw6'];

/** Datagrams that nobody has read, and the credentials of unix connections. */
export async function socketLosses(initPid: number, held: readonly HeldFiles[]): Promise<Loss[]> {
  const [unix, ...lists] = await Promise.all(
    ['unix', ...DATAGRAMS].map((file) => orGone(readFile(`/proc/${initPid}/net/${file}`, 'utf8'))),
  );
  const unread = lists.flatMap((list) => listedSockets(list)).filter(({ received }) => received > 0);
  return [
    ...losses(held, new Set(unread.map(({ inode }) => inode)), {
      kind: 'udp-queued',
      what: 'datagrams that it has not read are dropped',
    }),
    ...losses(held, new Set(connectedUnix(unix!)), {
      kind: 'unix-peer',
      what: 'SO_PEERCRED of its unix connections names who restored them',
    }),
  ];
}

/** Inodes of streams (1) and seqpackets (5) that are connected (3), from /proc/PID/net/unix. */
export const connectedUnix = (text: string): string[] =>
  [...text.matchAll(/^\S+: \S+ \S+ \S+ 000[15] 03 +(\d+)/gm)].map(([, inode]) => inode!);

function losses(held: readonly HeldFiles[], inodes: ReadonlySet<string>, loss: Omit<Loss, 'holder'>): Loss[] {
  const isOne = (link: string) => inodes.has(/^socket:\[(\d+)\]$/.exec(link)?.[1] ?? '');
  return held
    .filter(({ files }) => files.some(({ link }) => isOne(link)))
    .map(({ task }) => ({ ...loss, holder: task.name }));
}
