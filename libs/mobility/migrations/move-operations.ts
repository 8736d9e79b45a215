import type { MemoryMode } from '#libs/agent-protocol/memory-modes';
import type { InstanceFlavor } from '#libs/compute/instances/instance.entity';
import type { Before } from '#libs/compute/instances/actions/instance-operations';
import type { CapacityNeeded } from '../eligibility/capacity-rules.js';

/** How any move may be asked for. */
export interface MoveRequest {
  /** Name of the target; null lets the scheduler choose. */
  host?: string | null;
  /** What stands against it is found by the worker's first step instead of now: for moves that nobody waits for. */
  checkLater?: boolean;
  /** The operation that it is part of, such as a batch. */
  parentId?: string;
}

/** How a live move may be asked for. */
export interface LiveMigrateInput extends MoveRequest {
  /** Nova: whether the disk goes along; False asks for shared storage, auto finds out. */
  blockMigration?: boolean | 'auto';
  /** Nova, up to 2.24: the target's free disk is not looked at. */
  diskOverCommit?: boolean;
  /** Nova: with `host`, the scheduler's filters are left out (capacity is still claimed). */
  force?: boolean;
  /** How its memory is to go, where the target can do it; nothing lets the source choose. */
  memoryMode?: MemoryMode;
  /** Moves that may leave its host at once: it waits for its turn when all is prepared. Nothing: no bound. */
  atOnce?: number;
  /** As its host has counted it a moment ago, saying nothing against the move: it need not be asked again. */
  needs?: CapacityNeeded;
}

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
  /** Moves that may leave its host at once. */
  atOnce?: number;
  /** What its host has counted a moment before the move was accepted, saying nothing against it. */
  needs?: CapacityNeeded;
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
