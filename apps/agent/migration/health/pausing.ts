import { existsSync } from 'node:fs';
import { monitorState } from '../../runtime/lxc/monitor-state.js';
import { isWithin, parseCgroups } from './limits-in-force.js';
import { read } from './task-sample.js';

const ROOT = '/sys/fs/cgroup';

/**
 * Why a pause would not stop all of a guest, '' where it would. A try would stop it: so its freezer is looked at, that every
 * process is in it, and that the monitor of LXC, which writes there, answers.
 */
export async function cannotPause(
  { instanceId, lxcPath, cgroup }: { instanceId: string; lxcPath: string; cgroup: string },
  pids: Iterable<number>,
): Promise<string> {
  const old = existsSync(`${ROOT}/freezer/cgroup.procs`);
  const state = read(old ? `${ROOT}/freezer/${cgroup}/freezer.state` : `${ROOT}/${cgroup}/cgroup.freeze`).trim();
  if (!state) return 'its cgroup has no freezer';
  if (state !== (old ? 'THAWED' : '0')) return 'it is frozen';
  const outside = [...new Set(pids)].filter((pid) => {
    const groups = read(`/proc/${pid}/cgroup`);
    return groups !== '' && !isWithin(parseCgroups(groups).get(old ? 'freezer' : ''), cgroup);
  });
  if (outside.length) return `${outside.length} of its processes are outside its freezer`;
  const said = await monitorState(lxcPath, instanceId);
  return said === 'RUNNING' ? '' : `LXC's monitor says ${said || 'nothing'}`;
}
