import { existsSync, readFileSync, statSync } from 'node:fs';
import { readdir, rm, rmdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { deleteNamespace } from '../simhost/underlay.js';
import { startTimeOf, signalProcess } from '../process/pid-file.js';
import type { Layout } from './layout.js';

const CGROUPS = '/sys/fs/cgroup';

/** Kills every process in the cgroups below `prefix` (a host's, or the whole deployment's) and removes the cgroups. */
export async function clearCgroups(prefix: string): Promise<void> {
  const roots = (await cgroupRoots()).map((root) => join(root, prefix)).filter((path) => existsSync(path));
  for (let attempt = 0; ; attempt++) {
    const directories = (await Promise.all(roots.map(deepestFirst))).flat();
    const pids = new Set(directories.flatMap(processesIn));
    for (const pid of pids) signalProcess(pid, 'SIGKILL');
    if (pids.size === 0) {
      await removeAll(directories);
      return;
    }
    if (attempt > 200) throw new Error(`processes in ${prefix} do not end: ${[...pids].join(' ')}`);
    await sleep(25);
  }
}

/** Every mounted hierarchy: one for cgroup v2, and one for each v1 controller on a hybrid machine. */
async function cgroupRoots(): Promise<string[]> {
  if (existsSync(join(CGROUPS, 'cgroup.controllers'))) return [CGROUPS];
  return (await readdir(CGROUPS)).map((name) => join(CGROUPS, name));
}

async function deepestFirst(root: string): Promise<string[]> {
  if (!existsSync(root)) return [];
  const found = await readdir(root, { recursive: true, withFileTypes: true });
  const inside = found.filter((entry) => entry.isDirectory()).map((entry) => join(entry.parentPath, entry.name));
  return [...inside, root].sort((a, b) => b.length - a.length);
}

function processesIn(directory: string): number[] {
  try {
    const pids = readFileSync(join(directory, 'cgroup.procs'), 'utf8').split('\n').filter(Boolean).map(Number);
    return pids.filter((pid) => startTimeOf(pid) !== undefined);
  } catch (error) {
    // The cgroup has gone meanwhile, or is in v2's threaded mode, where its parent lists the processes.
    if (['ENOENT', 'ENODEV', 'EOPNOTSUPP'].includes((error as NodeJS.ErrnoException).code ?? '')) return [];
    throw error;
  }
}

async function removeAll(directories: string[]): Promise<void> {
  for (const directory of directories) {
    for (let attempt = 0; ; attempt++) {
      try {
        await rmdir(directory);
        break;
      } catch (error) {
        const code = (error as NodeJS.ErrnoException).code;
        if (code === 'ENOENT') break;
        if (code !== 'EBUSY' || attempt > 100) throw error;
        await sleep(20);
      }
    }
  }
}

/** Kills every process in one of these network namespaces and removes the namespaces. */
export async function clearNamespaces(names: readonly string[]): Promise<void> {
  for (let attempt = 0; ; attempt++) {
    const pids = await processesInNamespaces(names);
    if (pids.length === 0) break;
    for (const pid of pids) signalProcess(pid, 'SIGKILL');
    if (attempt > 200) throw new Error(`processes in ${names.join(' ')} do not end: ${pids.join(' ')}`);
    await sleep(25);
  }
  for (const name of names) await deleteNamespace(name);
}

async function processesInNamespaces(names: readonly string[]): Promise<number[]> {
  const inodes = new Set(names.map((name) => statSync(`/run/netns/${name}`).ino));
  const pids = (await readdir('/proc')).map(Number).filter(Boolean);
  return pids.filter((pid) => inodes.has(netNamespaceOf(pid) ?? -1) && startTimeOf(pid) !== undefined);
}

/** Inode of a process's network namespace; undefined where the process is gone or may not be read. */
function netNamespaceOf(pid: number): number | undefined {
  try {
    return statSync(`/proc/${pid}/ns/net`).ino;
  } catch (error) {
    if (['ENOENT', 'ESRCH', 'EACCES'].includes((error as NodeJS.ErrnoException).code ?? '')) return undefined;
    throw error;
  }
}

/** Removes what hosts wrote outside their agents' state. */
export async function clearHostDirectories(layout: Layout): Promise<void> {
  for (const name of await readdir(layout.path('hosts')).catch(() => [])) {
    for (const part of ['upper', 'work', 'root']) {
      await rm(layout.path('hosts', name, part), { recursive: true, force: true });
    }
  }
}
