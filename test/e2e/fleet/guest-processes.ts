import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Layout } from '#apps/cli/fleet/layout';
import { initPidIn } from '#apps/agent/runtime/lxc/container-init';

/** The state of an instance's processes on a host, as the kernel shows it; `none` where there are none. */
export async function guestProcesses(
  layout: Layout,
  host: string,
  instanceId: string,
): Promise<'running' | 'frozen' | 'none'> {
  const cgroup = `${layout.cgroup(host)}/c-${instanceId}`;
  if (!(await initPidIn(cgroup))) return 'none';
  const v1 = join('/sys/fs/cgroup/freezer', cgroup, 'freezer.state');
  if (existsSync(v1)) return (await readFile(v1, 'utf8')).trim() === 'FROZEN' ? 'frozen' : 'running';
  return /^frozen 1$/m.test(await readFile(join('/sys/fs/cgroup', cgroup, 'cgroup.events'), 'utf8'))
    ? 'frozen'
    : 'running';
}
