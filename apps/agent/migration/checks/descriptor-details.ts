import { readFile } from 'node:fs/promises';
import { openFlags } from './held-files.js';
import type { HeldFiles } from './held-files.js';
import { orGone } from './tasks.js';

/** What makes a descriptor one that CRIU cannot carry, by what /proc/PID/fd and fdinfo show of it. */
interface Detail {
  /** The link of such descriptors. */
  link: RegExp;
  /** In the text of fdinfo. */
  shown: (fdinfo: string) => boolean;
  what: string;
}

/** Of open(2), in octal: a pipe with it keeps each write apart. */
const O_DIRECT = 0o40000;

const DETAILS: readonly Detail[] = [
  // CRIU (eventfd.c) makes a counter of it, of which a read takes all. Kernels before 6.5 do not show it.
  { link: /^anon_inode:\[eventfd\]$/, shown: isSemaphore, what: 'an eventfd that is a semaphore' },
  // pipes.c: "The packetized mode for pipes is not supported yet".
  { link: /^pipe:/, shown: hasPackets, what: 'a pipe in packet mode (O_DIRECT)' },
];

/** Descriptors of a kind that is carried, in a state that is not. */
export async function blockingDetails(held: readonly HeldFiles[]): Promise<string[]> {
  const reasons: string[] = [];
  for (const { task, files } of held)
    for (const { link, shown, what } of DETAILS) {
      const found = files.filter((file) => link.test(file.link));
      const infos = await Promise.all(
        found.map(({ fd }) => orGone(readFile(`/proc/${task.pid}/fdinfo/${fd}`, 'utf8'))),
      );
      if (infos.some(shown))
        reasons.push(`${task.name} holds ${what}, which CRIU cannot carry: let it close that or end it.`);
    }
  return reasons;
}

/** Whether /proc/PID/fdinfo/N is of an eventfd made with EFD_SEMAPHORE. */
export function isSemaphore(fdinfo: string): boolean {
  return /^eventfd-semaphore:\s*1$/m.test(fdinfo);
}

/** Whether /proc/PID/fdinfo/N is of a pipe in packet mode (pipe2(2): O_DIRECT). */
export function hasPackets(fdinfo: string): boolean {
  return (openFlags(fdinfo) & O_DIRECT) !== 0;
}
