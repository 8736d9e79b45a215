import type { MemoryMode } from '#libs/agent-protocol/memory-modes';
import type { InstanceFlavor } from '#libs/compute/instances/instance.entity';
import type { Before } from '#libs/compute/instances/instance-operations';

/** Input of `instance.live-migrate`, `instance.migrate`, `instance.resize` and `instance.evacuate`. */
export interface MoveInput {
  migrationId: string;
  before: Before;
  /** Where it was when the move was accepted: the commit is guarded by both. */
  source: { hostId: string; epoch: number };
  /** Host asked for; null lets the scheduler choose. */
  targetHostId: string | null;
  /** With a target: its filters are left out, its capacity is still claimed. */
  force: boolean;
  /** Nova: disk_over_commit: the target's free disk is not looked at. */
  overCommitDisk?: boolean;
  /** How its memory is to go; nothing lets the source choose. */
  memoryMode?: MemoryMode;
  /** What it is to have afterwards; null leaves it. */
  newFlavor: InstanceFlavor | null;
}

/** Input of `instance.confirm-resize` and `instance.revert-resize`. */
export interface ConcludeResizeInput {
  migrationId: string;
  running: boolean;
  source: { hostId: string };
  /** Where the instance is now, under which epoch. */
  target: { hostId: string; epoch: number };
}
