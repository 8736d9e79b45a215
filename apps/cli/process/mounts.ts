import { readFile } from 'node:fs/promises';
import { command } from './command.js';

/** Mount points at or below `folder` in the text of /proc/self/mountinfo (proc(5)), the latest first. */
export function mountsBelow(mountinfo: string, folder: string): string[] {
  return mountinfo
    .split('\n')
    .map((line) => (line.split(' ')[4] ?? '').replace(/\\([0-7]{3})/g, (_, octal) => unescaped(String(octal))))
    .filter((point) => point === folder || point.startsWith(`${folder}/`))
    .reverse();
}

/** Whether something is mounted at `place` itself. */
export async function isMountPoint(place: string): Promise<boolean> {
  return mountsBelow(await readFile('/proc/self/mountinfo', 'utf8'), place).includes(place);
}

/** Unmounts everything at `folder` and below. */
export async function unmountBelow(folder: string): Promise<void> {
  for (const point of mountsBelow(await readFile('/proc/self/mountinfo', 'utf8'), folder)) {
    await command('umount', ['-l', point]);
  }
}

const unescaped = (octal: string) => String.fromCharCode(parseInt(octal, 8));
