import { readFile } from 'node:fs/promises';
import type { HeldFiles } from './held-files.js';
import { orGone } from './tasks.js';

/** TCP that is named by a line of /proc/net/tcp: local port and inode. */
interface Listed {
  port: number;
  inode: string;
}

/**
 * Listeners whose program does not accept the connections that wait (CRIU leaves these out), and UDP sockets with a datagram
 * that is not complete (UDP_CORK, MSG_MORE).
 */
export async function blockingUnfinished(initPid: number, held: readonly HeldFiles[]): Promise<string[]> {
  const [tcp, tcp6, udp, udp6] = await Promise.all(
    ['tcp', 'tcp6', 'udp', 'udp6'].map((file) => orGone(readFile(`/proc/${initPid}/net/${file}`, 'utf8'))),
  );
  const nameOf = ({ inode }: Listed) =>
    held.find(({ files }) => files.some(({ link }) => link === `socket:[${inode}]`))?.task.name;
  const waiting = unaccepted(`${tcp}\n${tcp6}`).map((listener) => {
    const name = nameOf(listener);
    return (
      name &&
      `${name} does not accept the TCP connections that wait at port ${listener.port}, which CRIU cannot carry: let it accept them or end it.`
    );
  });
  const corked = unsent(`${udp}\n${udp6}`).map((socket) => {
    const name = nameOf(socket);
    return (
      name &&
      `${name} has a UDP socket at port ${socket.port} with a datagram that it has not sent yet (UDP_CORK), which CRIU cannot carry: let it send that or end it.`
    );
  });
  return [...waiting, ...corked].filter((reason) => reason !== undefined);
}

/** Listeners (state 0A) with a receive queue: their number of connections. */
export const unaccepted = (lines: string): Listed[] =>
  listedSockets(lines).filter(({ state, received }) => state === '0A' && received > 0);

/** Sockets with something in their send queue. */
export const unsent = (lines: string): Listed[] => listedSockets(lines).filter(({ sent }) => sent > 0);

/** Sockets of /proc/PID/net/tcp, udp, raw and those of IPv6. */
export function listedSockets(lines: string) {
  const rows = lines.matchAll(
    /^ *\d+: [\dA-F]+:([\dA-F]{4}) \S+ (\S\S) ([\dA-F]+):([\dA-F]+) \S+ \S+ +\d+ +\d+ (\d+)/gm,
  );
  return [...rows].map(([, port, state, sent, received, inode]) => ({
    port: Number.parseInt(port!, 16),
    state,
    sent: Number.parseInt(sent!, 16),
    received: Number.parseInt(received!, 16),
    inode: inode!,
  }));
}
