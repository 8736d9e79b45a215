import { lstat, readFile, readlink } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { runningPid } from '../criu/checkpoint-process.js';
import type { MovableInstances } from '../movable-instances.js';

export interface GuestFacts {
  init: '' | 'systemd' | 'sysvinit' | 'openrc' | 'busybox' | 'other';
  /** Bytes of its anonymous and its shared memory, tmpfs included. */
  memoryBytes: number;
}

/** What runs as its first process, and how much memory it takes. Nothing of both where it does not run here. */
export async function guestFacts(instances: MovableInstances, instanceId: string): Promise<GuestFacts> {
  const pid = await runningPid(instances, instanceId);
  if (!pid) return { init: '', memoryBytes: 0 };
  const program = basename(await readlink(`/proc/${pid}/exe`).catch(() => ''));
  // Looked at, never followed: the paths are the guest's.
  const openrc = await lstat(`/proc/${pid}/root/run/openrc`).then(
    (found) => found.isDirectory(),
    () => false,
  );
  const cgroup = instances.cgroupDirectories(instanceId)[1]; // a simulated instance has none
  return { init: initOf(program, openrc), memoryBytes: cgroup === undefined ? 0 : await memoryOf(cgroup) };
}

/** By the file name of its program; OpenRC often runs below another init, and is known by its directory in /run. */
export function initOf(program: string, openrc: boolean): GuestFacts['init'] {
  if (program === 'systemd') return 'systemd';
  if (openrc || program === 'openrc-init') return 'openrc';
  if (program === 'init') return 'sysvinit';
  return program === 'busybox' ? 'busybox' : 'other';
}

/** Bytes that this host could still give, without swapping. */
export async function availableMemory(): Promise<number> {
  const line = /^MemAvailable:\s*(\d+) kB$/m.exec(await readFile('/proc/meminfo', 'utf8'));
  return Number(line?.[1] ?? 0) * 1024;
}

async function memoryOf(cgroup: string): Promise<number> {
  for (const directory of [`memory/${cgroup}`, cgroup]) {
    const text = await readFile(join('/sys/fs/cgroup', directory, 'memory.stat'), 'utf8').catch(() => '');
    if (text) return heldMemory(text);
  }
  return 0;
}

/** From a cgroup's memory.stat, v1 or v2: what would go with it. The page cache of its files does not. */
export function heldMemory(stat: string): number {
  const of = (...names: string[]) =>
    Number(names.map((name) => new RegExp(`^${name} (\\d+)$`, 'm').exec(stat)?.[1]).find((found) => found) ?? 0);
  return of('total_rss', 'anon') + of('total_shmem', 'shmem');
}
