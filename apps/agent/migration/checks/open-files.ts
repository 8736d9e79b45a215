import { readFile } from 'node:fs/promises';
import type { HeldFiles } from './held-files.js';
import { orGone } from './tasks.js';

/** Nameless files that CRIU knows, by the names that /proc/PID/fd shows. */
const KNOWN = new Set(['eventpoll', 'eventfd', 'signalfd', 'timerfd', 'inotify', 'fanotify', 'pidfd']);
const DEVICES = /^\/dev\/(null|zero|full|random|urandom|ptmx|console|kmsg|pts\/\S+|shm\/.*|mqueue\/.*)( \(deleted\))?$/;

/** Protocols that CRIU has no image for, by the file of /proc/PID/net that lists their sockets; column of the inode. */
const SOCKETS = { icmp: 9, icmp6: 9, 'sctp/eps': 7, 'sctp/assocs': 10 };

/** Open files, devices and sockets that cannot be made again elsewhere. */
export async function blockingFiles(initPid: number, held: readonly HeldFiles[]): Promise<string[]> {
  const sockets = await unsupportedSockets(initPid);
  const reasons: string[] = [];
  for (const { task, files } of held) {
    const blocking = files.map(({ link }) => whatIsHeld(link, sockets)).filter((what) => what !== undefined);
    for (const what of new Set(blocking))
      reasons.push(`${task.name} holds ${what}, which CRIU cannot carry: let it close that or end it.`);
  }
  return reasons;
}

/** What an entry of /proc/PID/fd is in words; undefined where it can be carried. */
export function whatIsHeld(link: string, sockets: ReadonlyMap<string, string>): string | undefined {
  const nameless = /^anon_inode:\[?([^\]]*)\]?$/.exec(link)?.[1];
  if (nameless !== undefined) return KNOWN.has(nameless) ? undefined : `a file of kind ${nameless}`;
  if (link === '/secretmem (deleted)') return 'secret memory (memfd_secret)';
  // tty.c: "ctty inheritance detected", wherever the master of the terminal is another process's.
  if (link === '/dev/tty') return '/dev/tty, its terminal by another name';
  if (link.startsWith('/dev/')) return DEVICES.test(link) ? undefined : `the device ${link}`;
  const protocol = sockets.get(/^socket:\[(\d+)\]$/.exec(link)?.[1] ?? '');
  return protocol && `a socket of kind ${protocol}`;
}

async function unsupportedSockets(initPid: number): Promise<Map<string, string>> {
  const found = new Map<string, string>();
  for (const [file, column] of Object.entries(SOCKETS)) {
    const lines = (await orGone(readFile(`/proc/${initPid}/net/${file}`, 'utf8'))).split('\n').slice(1);
    for (const line of lines.filter(Boolean)) found.set(line.trim().split(/\s+/)[column] ?? '', file.split('/')[0]!);
  }
  return found;
}
