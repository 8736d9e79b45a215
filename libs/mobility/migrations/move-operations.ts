import type { MemoryMode } from '#libs/agent-protocol/memory-modes';
import type { InstanceFlavor } from '#libs/compute/instances/instance.entity';
import type { Before } from '#libs/compute/instances/actions/instance-operations';
import type { CapacityNeeded } from '../eligibility/capacity-rules.js';

/** How every kind of move may be asked for. */
export interface MoveRequest {
  /** Name of the target; null: the scheduler chooses. */
  host?: string | null;
  /** The worker's first step makes the checks instead of the api: for moves on whose answer no caller waits. */
  checkLater?: boolean;
  /** The operation of which this move is a part, such as a batch. */
  parentId?: string;
}

/** How a live move may be asked for. */
export interface LiveMigrateInput extends MoveRequest {
  /** Whether the disk has to be sent: false asks for storage that the hosts share; absent: as it is. */
  sendDisk?: boolean;
  /** Nova, up to 2.24: the target's free disk is not checked. */
  diskOverCommit?: boolean;
  /** Nova: with `host`, the scheduler's filters are skipped; capacity is still claimed. */
  force?: boolean;
  /** How memory is sent, where the target can do it; absent: the source chooses. */
  memoryMode?: MemoryMode;
  /**
   * How many moves may leave the host at the same time: once prepared, this one waits for its turn. Absent: no bound.
   */
  atOnce?: number;
  /** What the source's agent has counted a moment ago without a reason against the move; it is not asked again. */
  needs?: CapacityNeeded;
}

/** Input of `instance.live-migrate`, `instance.migrate`, `instance.resize` and `instance.evacuate`. */
export interface MoveInput {
  migrationId: string;
  before: Before;
  /** Host and epoch when the move was accepted; the commit is guarded by both. */
  source: { hostId: string; epoch: number };
  /** The host asked for; null: the scheduler chooses. */
  targetHostId: string | null;
  /** With a target: filters are skipped, capacity is still claimed. */
  force: boolean;
  /** Nova: disk_over_commit: the target's free disk is not checked. */
  overCommitDisk?: boolean;
  /** How memory is sent; absent: the source chooses. */
  memoryMode?: MemoryMode;
  /** How many moves may leave the host at the same time. */
  atOnce?: number;
  /** What the source's agent counted before the move was accepted, without a reason against it. */
  needs?: CapacityNeeded;
  /** The flavor that the instance gets; null: it keeps its own. */
  newFlavor: InstanceFlavor | null;
}

/** Input of `instance.confirm-resize` and `instance.revert-resize`. */
export interface ConcludeResizeInput {
  migrationId: string;
  running: boolean;
  source: { hostId: string };
  /** The instance's present host and epoch. */
  target: { hostId: string; epoch: number };
}
