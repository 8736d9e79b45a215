import { readFile } from 'node:fs/promises';
import { sleep } from '#libs/common/clock';
import { CommandError } from '../../process/command-error.js';
import { run } from '../../process/run.js';
import { heldFiles } from './held-files.js';
import { markedMessages } from './marked-messages.js';
import { orGone, tasksBelow } from './tasks.js';

const PATIENCE_MS = 500;
const STEP_MS = 10;
const SS_MS = 2_000;

/** Data in sockets of one network namespace that no program has read yet and CRIU cannot read (sk-netlink.c, sk-unix.c). */
interface Unread {
  /** Inodes of netlink sockets with messages. */
  netlink: string[];
  /** Listening unix sockets whose connections are not accepted, but written to or closed. */
  unix: UnixSocket[];
  /** Unix sockets with messages that name their sender or their time. */
  marked: UnixSocket[];
}

export interface UnixSocket {
  inode: string;
  path: string;
}

/**
 * Reasons against a live move, by process. Programs mostly read such data in the next moment: waits up to `patienceMs` for
 * that.
 */
export async function blockingUnread(initPid: number, patienceMs = PATIENCE_MS): Promise<string[]> {
  for (const until = Date.now() + patienceMs; ; await sleep(STEP_MS)) {
    const found = await unread(initPid);
    if (!found.netlink.length && !found.unix.length && !found.marked.length) return [];
    if (Date.now() >= until) return inWords(initPid, found);
  }
}

async function unread(initPid: number): Promise<Unread> {
  const [netlink, unix] = await Promise.all(
    ['netlink', 'unix'].map((file) => orGone(readFile(`/proc/${initPid}/net/${file}`, 'utf8'))),
  );
  const lines = await unixSockets(initPid);
  return {
    netlink: netlinkWithData(netlink!),
    unix: hasPending(unix!) ? stuckListeners(lines) : [],
    marked: await markedMessages(initPid, queuesWithData(lines)),
  };
}

/** Of sockets that programs have, from /proc/PID/net/netlink. The kernel's own have port 0. */
export const netlinkWithData = (text: string): string[] =>
  text
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
    .filter(([, , port, , received]) => Number(port) > 0 && Number(received) > 0)
    .map((columns) => columns.at(-1)!);

/** Whether /proc/PID/net/unix has connections that are not accepted: being connected, and without an inode. */
export const hasPending = (text: string): boolean => /^\S+: \S+ \S+ \S+ \S+ 02 +0(?: |$)/m.test(text);

/** Lines of `ss`, one for each unix socket. */
async function unixSockets(initPid: number): Promise<string> {
  try {
    const args = [`--net=/proc/${initPid}/ns/net`, 'ss', '--unix', '--all', '--numeric', '--extended', '--no-header'];
    return await run('nsenter', args, '', SS_MS);
  } catch (error) {
    if (error instanceof CommandError) return ''; // the process has ended; if not, CRIU will say it
    throw error;
  }
}

/**
 * Finds, in the lines of `ss -xaneH`, listeners with connections that CRIU cannot carry. A listener names the inodes that
 * connect to it, 0 for a closed one; CRIU connects anew one that has sent nothing yet.
 */
export function stuckListeners(lines: string): UnixSocket[] {
  const sent = new Map(
    [...lines.matchAll(/^u_\w+ +ESTAB +\d+ +(\d+) +.* (\d+) +\* 0 /gm)].map(([, queue, inode]) => [
      inode!,
      Number(queue),
    ]),
  );
  return [...lines.matchAll(/^u_\w+ +LISTEN +\d+ +\d+ +(.*) (\d+) +\* 0 .*peers:([ \d]+)$/gm)]
    .filter(([, , , peers]) =>
      peers!
        .trim()
        .split(/\s+/)
        .some((peer) => peer === '0' || (sent.get(peer) ?? 0) > 0),
    )
    .map(([, path, inode]) => ({ path: path!, inode: inode! }));
}

/** Sockets, in the lines of `ss -xaneH`, that hold what nobody has read. A listener's number is that of its connections. */
export const queuesWithData = (lines: string): UnixSocket[] =>
  [...lines.matchAll(/^u_\w+ +(?!LISTEN)[\w-]+ +[1-9]\d* +\d+ +(.*) (\d+) +\* \d+ /gm)].map(([, path, inode]) => ({
    path: path!,
    inode: inode!,
  }));

async function inWords(initPid: number, { netlink, unix, marked }: Unread): Promise<string[]> {
  const held = await heldFiles(await tasksBelow(initPid));
  // A service that reads it is named before the init that keeps it open for the service.
  const holderOf = (inode: string) => {
    const holders = held.filter(({ files }) => files.some(({ link }) => link === `socket:[${inode}]`));
    return (holders.find(({ task }) => task.pid !== initPid) ?? holders[0])?.task.name;
  };
  const reasons = [
    ...netlink.map((inode) => {
      const name = holderOf(inode);
      return name && `${name} does not read what its netlink socket has got, which CRIU cannot carry`;
    }),
    ...unix.map(({ inode, path }) => {
      const name = holderOf(inode);
      return (
        name &&
        `${name} does not accept connections to its unix socket ${path} that have sent data or are closed, which CRIU cannot carry`
      );
    }),
    ...marked.map(({ inode, path }) => {
      const name = holderOf(inode);
      return (
        name &&
        `${name} does not read what its unix socket ${path} has got, with the sender or the time of each message, which CRIU cannot carry`
      );
    }),
  ];
  return reasons.filter((reason) => reason !== undefined).map((reason) => `${reason}: let it do so, or end it.`);
}
