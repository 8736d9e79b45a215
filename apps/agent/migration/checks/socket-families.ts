import { readFile } from 'node:fs/promises';
import { CommandError } from '../../process/command-error.js';
import { run } from '../../process/run.js';
import type { HeldFiles } from './held-files.js';
import { orGone } from './tasks.js';

/** Protocols that CRIU carries, and those that other checks name, as the kernel calls them (sockfs: system.sockprotoname). */
const KNOWN =
  /^(TCP|TCPv6|UDP|UDPv6|UDP-Lite|UDPLITEv6|RAW|RAWv6|PING|PINGv6|UNIX|UNIX-STREAM|NETLINK|PACKET|MPTCP|MPTCPv6|SCTP|SCTPv6)$/;
/** Lists of sockets below /proc/PID/net; column of the inode, from the end where it is negative. */
const LISTS = { tcp: 9, tcp6: 9, udp: 9, udp6: 9, raw: 9, raw6: 9, unix: 6, netlink: -1, packet: -1 };
/** Sockets that one command is asked about. */
const MOST = 500;
const GETFATTR_MS = 5_000;

/** Sockets of families that CRIU does not know (AF_VSOCK, AF_XDP, AF_ALG…). Only those are asked about that no list shows. */
export async function blockingFamilies(initPid: number, held: readonly HeldFiles[]): Promise<string[]> {
  const listed = await listedSockets(initPid);
  const asked = held.flatMap(({ task, files }) =>
    files
      .filter(({ link }) => link.startsWith('socket:[') && !listed.has(link))
      .map(({ fd }) => ({ task, path: `/proc/${task.pid}/fd/${fd}` })),
  );
  if (!asked.length) return [];
  const families = await familiesOf(asked.slice(0, MOST).map(({ path }) => path));
  const reasons = asked.map(({ task, path }) => {
    const family = families.get(path);
    return family && !KNOWN.test(family)
      ? `${task.name} holds a socket of kind ${family}, which CRIU cannot carry: let it close that or end it.`
      : undefined;
  });
  return [...new Set(reasons.filter((reason) => reason !== undefined))];
}

async function listedSockets(initPid: number): Promise<Set<string>> {
  const lists = await Promise.all(
    Object.entries(LISTS).map(async ([file, column]) => {
      const lines = (await orGone(readFile(`/proc/${initPid}/net/${file}`, 'utf8'))).split('\n').slice(1);
      return lines.map((line) => `socket:[${line.trim().split(/\s+/).at(column)}]`);
    }),
  );
  return new Set(lists.flat());
}

/** By path. A socket that has been closed meanwhile has none. */
async function familiesOf(paths: readonly string[]): Promise<Map<string, string>> {
  const args = ['--absolute-names', '--name=system.sockprotoname', '--', ...paths];
  const text = await run('getfattr', args, '', GETFATTR_MS).catch((error: unknown) => {
    if (error instanceof CommandError) return ''; // one of them is closed: the next look asks again
    throw error;
  });
  return parseFamilies(text);
}

/** Of the words of getfattr(1): `# file: PATH`, then `system.sockprotoname="AF_VSOCK\000"`. */
export const parseFamilies = (text: string): Map<string, string> =>
  new Map(
    [...text.matchAll(/^# file: (.*)\nsystem\.sockprotoname="([\w-]+)/gm)].map(([, path, name]) => [path!, name!]),
  );
