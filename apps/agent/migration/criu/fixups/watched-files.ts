import { spawn } from 'node:child_process';
import { readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { BinaryWriter } from '@bufbuild/protobuf/wire';
import type { HeldFiles } from '../../checks/held-files.js';
import { orGone } from '../../checks/tasks.js';

/** Most inodes that are looked for; CRIU searches for the others itself. */
const MOST = 2_000;
const FIND_MS = 10_000;
const MOST_BYTES = 1 << 20;
/** CRIU: include/magic.h, IMG_SERVICE_MAGIC and IRMAP_CACHE_MAGIC. */
const MAGIC = [0x55105940, 0x57004059];

/** What processes watch (inotify, fanotify) in the instance's root file system. */
export interface WatchedFiles {
  /** As the kernel writes it: major << 20 | minor. */
  device: number;
  /** Inode number -> path inside, without the first slash. */
  paths: Map<string, string>;
  /** Names of processes that watch something which has no name any more. */
  nameless: string[];
}

/**
 * Finds the paths of watched files before the freeze. CRIU cannot open an overlay's file handles, and searches for watched
 * files in few places only, in the freeze. Reads only.
 */
export async function watchedFiles(initPid: number, held: readonly HeldFiles[]): Promise<WatchedFiles> {
  const device = kernelDevice((await stat(`/proc/${initPid}/root/`)).dev);
  const watchers = new Map<string, string>();
  for (const one of held)
    for (const inode of await watchedBy(one, device)) if (watchers.size < MOST) watchers.set(inode, one.task.name);
  const { paths, whole } = await pathsOf(`/proc/${initPid}/root/`, [...watchers.keys()]);
  const nameless = [...watchers].filter(([inode]) => whole && !paths.has(inode)).map(([, name]) => name);
  return { device, paths, nameless: [...new Set(nameless)] };
}

/** Writes them to CRIU's `irmap-cache`, where it looks before it searches. */
export async function writeIrmapCache(images: string, { device, paths }: WatchedFiles): Promise<void> {
  const entries = [...paths].map(([inode, path]) =>
    new BinaryWriter().uint32(8).uint32(device).uint32(16).uint64(inode).uint32(26).string(`/${path}`).finish(),
  );
  const words = (...numbers: number[]) => Buffer.from(Uint32Array.from(numbers).buffer);
  const image = [words(...MAGIC), ...entries.flatMap((entry) => [words(entry.length), entry])];
  await writeFile(join(images, 'irmap-cache'), Buffer.concat(image));
}

async function watchedBy({ task, files }: HeldFiles, device: number): Promise<string[]> {
  const watches = files.filter(({ link }) => link === 'anon_inode:inotify' || link === 'anon_inode:[fanotify]');
  const infos = watches.map(({ fd }) => orGone(readFile(`/proc/${task.pid}/fdinfo/${fd}`, 'utf8')));
  return (await Promise.all(infos)).flatMap((info) => inodesIn(info, device));
}

/** Inode numbers of the marks on this device in /proc/PID/fdinfo/FD. */
export function inodesIn(fdinfo: string, device: number): string[] {
  return [...fdinfo.matchAll(/^(?:inotify|fanotify) .*?\bino:([0-9a-f]+) sdev:([0-9a-f]+)/gm)]
    .filter(([, , sdev]) => parseInt(sdev!, 16) === device)
    .map(([, inode]) => BigInt(`0x${inode}`).toString());
}

/** Paths by inode; those found by then when the time is over. `whole`: search the whole root, for nothing else is there. */
async function pathsOf(
  root: string,
  inodes: readonly string[],
): Promise<{ paths: Map<string, string>; whole: boolean }> {
  const paths = new Map<string, string>();
  if (!inodes.length) return { paths, whole: true };
  const any = inodes.flatMap((inode, index) => [...(index ? ['-o'] : []), '-inum', inode]);
  const args = [root, '-ignore_readdir_race', '-xdev', '(', ...any, ')', '-printf', '%i %P\\0'];
  const child = spawn('find', args, { stdio: ['ignore', 'pipe', 'ignore'], timeout: FIND_MS, killSignal: 'SIGKILL' });
  let found = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    if (found.length < MOST_BYTES) found += text;
  });
  const status = await new Promise<number | null>((resolve, reject) => child.on('error', reject).on('close', resolve));
  for (const [, inode, path] of found.matchAll(/(\d+) ([^\0]*)\0/g)) paths.set(inode!, path || '.');
  return { paths, whole: status === 0 && found.length < MOST_BYTES };
}

/** st_dev as the kernel itself keeps it, which is what fdinfo shows. */
export function kernelDevice(dev: number): number {
  const [major, minor] = [(dev >>> 8) & 0xfff, (dev & 0xff) | ((dev >>> 12) & 0xfff00)];
  return major * 2 ** 20 + minor;
}
