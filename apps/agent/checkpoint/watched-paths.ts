import { spawn } from 'node:child_process';
import { readFile, readdir, readlink, stat, statfs } from 'node:fs/promises';
import { orGone, orNone, tasksBelow } from './checks/tasks.js';

const OVERLAY = 0x794c7630;
const SEARCH_MS = 10_000;
const MOST_BYTES = 1 << 20;

/**
 * Absolute paths, as the instance sees them, of what its inotify instances watch on its root file system. An overlay's
 * file handles cannot be opened, so CRIU has to be told; it looks below each in turn, so those with least below come first.
 */
export async function watchedPaths(initPid: number): Promise<string[]> {
  const root = `/proc/${initPid}/root`;
  if (!initPid || (await statfs(root)).type !== OVERLAY) return [];
  const device = kernelDevice((await stat(root)).dev);
  const tasks = await tasksBelow(initPid);
  const infos = (await Promise.all(tasks.map(({ pid }) => inotifyInfos(pid)))).flat();
  const inodes = [...new Set(infos.flatMap((info) => inodesOn(device, info)))];
  return inodes.length ? inOrder(await search(root, inodes)) : [];
}

/** Inodes watched on this device (in the kernel's form), from the text of one /proc/PID/fdinfo/FD. */
export function inodesOn(device: number, fdinfo: string): bigint[] {
  const watches = fdinfo.matchAll(/^inotify wd:\S+ ino:([0-9a-f]+) sdev:([0-9a-f]+) /gm);
  return [...watches].filter(([, , sdev]) => parseInt(sdev!, 16) === device).map(([, ino]) => BigInt(`0x${ino}`));
}

/** st_dev as the kernel itself keeps it, which is what fdinfo shows. */
export function kernelDevice(dev: number): number {
  const [major, minor] = [(dev >>> 8) & 0xfff, (dev & 0xff) | ((dev >>> 12) & 0xfff00)];
  return major * 2 ** 20 + minor;
}

/** From `find -printf '%y %d %P\0'`: files first, then directories, the deepest first. A name of two lines is left out. */
export function inOrder(found: string): string[] {
  const entries = [...found.matchAll(/(\w) (\d+) ([^\0]*)\0/g)].map(([, type, depth, path]) => ({
    path: `/${path}`,
    rank: type === 'd' ? Number(depth) : Infinity,
  }));
  return entries
    .filter(({ path }) => path !== '/' && !path.includes('\n'))
    .sort((a, b) => (a.rank === b.rank ? 0 : b.rank - a.rank))
    .map(({ path }) => path);
}

async function inotifyInfos(pid: number): Promise<string[]> {
  const files = await orNone(readdir(`/proc/${pid}/fd`));
  const infos = files.map(async (fd) => {
    const link = await orGone(readlink(`/proc/${pid}/fd/${fd}`));
    return link === 'anon_inode:inotify' ? orGone(readFile(`/proc/${pid}/fdinfo/${fd}`, 'utf8')) : '';
  });
  return (await Promise.all(infos)).filter(Boolean);
}

/** What was found when the time is over is better than nothing: CRIU knows the usual places by itself. */
function search(root: string, inodes: readonly bigint[]): Promise<string> {
  const wanted = inodes.flatMap((inode, index) => [...(index ? ['-o'] : []), '-inum', String(inode)]);
  const args = [`${root}/`, '-xdev', '(', ...wanted, ')', '-printf', '%y %d %P\\0'];
  const child = spawn('find', args, { stdio: ['ignore', 'pipe', 'ignore'], timeout: SEARCH_MS, killSignal: 'SIGKILL' });
  let found = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    if (found.length < MOST_BYTES) found += text;
  });
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', () => resolve(found));
  });
}
