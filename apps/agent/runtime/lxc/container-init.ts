import { readFile, readdir } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { join } from 'node:path';

const ROOT = '/sys/fs/cgroup';

/**
 * The hierarchy in which a container's processes are found: on v1 the freezer's, which no init divides further; else
 * the unified one.
 */
function hierarchy(): string {
  return existsSync(`${ROOT}/freezer/cgroup.procs`) ? `${ROOT}/freezer` : ROOT;
}

/**
 * Pid of a container's init in our pid namespace: the process in its payload cgroup that is pid 1 in a namespace
 * directly below ours. 0 where there is none. Reading these few files costs a tenth of a `lxc-info`.
 */
export async function initPidIn(cgroup: string): Promise<number> {
  return (await search(join(hierarchy(), cgroup))) ?? 0;
}

async function search(directory: string): Promise<number | undefined> {
  for (const pid of await processes(directory)) if (await isInit(pid)) return pid;
  for (const entry of await orNone(readdir(directory, { withFileTypes: true }))) {
    const found = entry.isDirectory() ? await search(join(directory, entry.name)) : undefined;
    if (found !== undefined) return found;
  }
  return undefined;
}

async function processes(directory: string): Promise<number[]> {
  const [text = ''] = await orNone(readFile(join(directory, 'cgroup.procs'), 'utf8').then((read) => [read]));
  return text.split('\n').filter(Boolean).map(Number);
}

async function isInit(pid: number): Promise<boolean> {
  const [text = ''] = await orNone(readFile(`/proc/${pid}/status`, 'utf8').then((read) => [read]));
  const ids = /^NSpid:\s*(.*)$/m.exec(text)?.[1]?.split(/\s+/) ?? [];
  return ids.length === 2 && ids[1] === '1' && !/^State:\s*Z/m.test(text);
}

/** [] where the process or cgroup is gone before it was read. */
async function orNone<T>(read: Promise<T[]>): Promise<T[]> {
  try {
    return await read;
  } catch (error) {
    if (['ENOENT', 'ESRCH', 'ENODEV', 'EOPNOTSUPP'].includes((error as NodeJS.ErrnoException).code ?? '')) return [];
    throw error;
  }
}
