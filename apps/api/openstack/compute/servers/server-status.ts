import type { TaskState, VmState } from '#libs/compute/instances/instance.entity';

type Row = { default: string } & Partial<Record<TaskState, string>>;

const rebuild = { rebuilding: 'REBUILD' } as const;
const resize = { resize_prep: 'RESIZE', resize_migrating: 'RESIZE', resize_finish: 'RESIZE' } as const;

/** Nova: _STATE_MAP of api/openstack/common.py. */
export const serverStatus: Record<VmState, Row> = {
  building: { default: 'BUILD' },
  active: {
    default: 'ACTIVE',
    rebooting: 'REBOOT',
    reboot_started_hard: 'HARD_REBOOT',
    migrating: 'MIGRATING',
    ...rebuild,
    ...resize,
  },
  paused: { default: 'PAUSED', reboot_started_hard: 'HARD_REBOOT', migrating: 'MIGRATING' },
  stopped: { default: 'SHUTOFF', reboot_started_hard: 'HARD_REBOOT', ...rebuild, ...resize },
  resized: { default: 'VERIFY_RESIZE', resize_reverting: 'REVERT_RESIZE' },
  error: { default: 'ERROR', reboot_started_hard: 'HARD_REBOOT', ...rebuild },
  deleted: { default: 'DELETED' },
  shelved_offloaded: { default: 'SHELVED_OFFLOADED' },
};

/** Nova API: a server's `status`. */
export function statusOf(vmState: VmState, taskState: TaskState | null): string {
  const row = serverStatus[vmState];
  return (taskState && row[taskState]) || row.default;
}

export interface StatePattern {
  vmState: VmState;
  taskState?: TaskState[];
  notTaskState?: TaskState[];
}

/** The states that are shown as `status` (in any case); none where no such status exists. */
export function statesOf(status: string): StatePattern[] {
  const wanted = status.toUpperCase();
  return (Object.entries(serverStatus) as [VmState, Row][]).flatMap(
    ([vmState, { default: usual, ...named }]): StatePattern[] => {
      const names = Object.keys(named) as TaskState[];
      if (usual === wanted) return [{ vmState, notTaskState: names.filter((name) => named[name] !== wanted) }];
      const taskState = names.filter((name) => named[name] === wanted);
      return taskState.length ? [{ vmState, taskState }] : [];
    },
  );
}
