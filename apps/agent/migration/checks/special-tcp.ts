import { readFile } from 'node:fs/promises';
import { CommandError } from '../../process/command-error.js';
import { run } from '../../process/run.js';
import type { HeldFiles } from './held-files.js';
import { orGone } from './tasks.js';

const SS_MS = 2_000;
const LINK_LOCAL = /^0000[89AB][0-9A-F]FE[0-9A-F]{24}$/; // fe80::/10, as four words in the host's order
const TIME_WAIT = '06';

/** TCP that CRIU has no words for: MPTCP sockets (also those that listen), and sockets of link-local addresses. */
export async function blockingTcp(initPid: number, held: readonly HeldFiles[]): Promise<string[]> {
  const [protocols, tcp6] = await Promise.all(
    ['protocols', 'tcp6'].map((file) => orGone(readFile(`/proc/${initPid}/net/${file}`, 'utf8'))),
  );
  const multipath = hasMptcp(protocols!) ? await mptcpSockets(initPid) : [];
  return [
    ...named(held, multipath, 'an MPTCP socket', 'let it close that (GODEBUG=multipathtcp=0 for Go programs)'),
    ...named(held, linkLocalSockets(tcp6!), 'a TCP socket of a link-local address', 'let it close that'),
  ];
}

function named(held: readonly HeldFiles[], inodes: readonly string[], what: string, remedy: string): string[] {
  const links = new Set(inodes.map((inode) => `socket:[${inode}]`));
  return held
    .filter(({ files }) => files.some(({ link }) => links.has(link)))
    .map(({ task }) => `${task.name} has ${what}, which CRIU cannot carry: ${remedy} or end it.`);
}

/** Whether the namespace has sockets of the protocol, from /proc/PID/net/protocols. */
export const hasMptcp = (protocols: string): boolean => /^MPTCP(v6)?\s+\d+\s+[1-9]/m.test(protocols);

async function mptcpSockets(initPid: number): Promise<string[]> {
  try {
    const args = [`--net=/proc/${initPid}/ns/net`, 'ss', '--mptcp', '--all', '--numeric', '--extended', '--no-header'];
    return [...(await run('nsenter', args, '', SS_MS)).matchAll(/ ino:(\d+)/g)].map(([, inode]) => inode!);
  } catch (error) {
    if (error instanceof CommandError) return []; // the process has ended; if not, CRIU will say it
    throw error;
  }
}

/** Inodes of sockets, from /proc/PID/net/tcp6. */
export const linkLocalSockets = (tcp6: string): string[] =>
  tcp6
    .split('\n')
    .slice(1)
    .map((line) => line.trim().split(/\s+/))
    .filter(([, local, , state]) => LINK_LOCAL.test(local?.split(':')[0] ?? '') && state !== TIME_WAIT)
    .map((columns) => columns[9]!);
