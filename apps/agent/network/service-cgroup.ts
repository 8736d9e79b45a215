import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

const ROOT = '/sys/fs/cgroup';

/**
 * Moves a process that serves this host's networks into the cgroup `PREFIX/services`. There it outlives the agent (a
 * service manager ends what is in the agent's own cgroup) and is found by whoever clears the host. On v1 and hybrid
 * hosts: the pids controller's hierarchy.
 */
export async function intoServiceCgroup(prefix: string, pid: number): Promise<void> {
  const hierarchy = existsSync(join(ROOT, 'cgroup.controllers')) ? ROOT : join(ROOT, 'pids');
  const directory = join(hierarchy, prefix, 'services');
  await mkdir(directory, { recursive: true });
  await writeFile(join(directory, 'cgroup.procs'), String(pid));
}
