import type { HostRow } from '../core/fleet-view.js';
import type { GroupConstraint, Resources } from '../core/request.js';

export type MoveKind = 'live' | 'cold';

/** The expected cost of a move. */
export interface MoveCost {
  /** Bytes of memory and disk that cross the network. */
  bytes: number;
  /** Milliseconds in which the instance does not answer. */
  blackoutMs: number;
}

/** An instance in the planner's terms. */
export interface PlacedInstance {
  id: string;
  name: string;
  hostId: string;
  resources: Resources;
  running: boolean;
  /** Why the instance must not be moved (an operation on it, an error); null where it may be. */
  held: string | null;
  /** Why the instance cannot be moved live; null where it can. */
  notLive: string | null;
  availabilityZone: string | null;
  architecture: string | null;
  /** Id of the instance's server group. */
  group: string | null;
  /** Instances beside which, or apart from which, it must run (Nova: same_host, different_host). */
  sameAs: readonly string[];
  differentFrom: readonly string[];
  cost: Record<MoveKind, MoveCost>;
}

/** A server group's policy; the planner finds the members among the instances. */
export type GroupPolicy = Pick<GroupConstraint, 'policy' | 'maxPerHost'>;

export interface RebalanceSettings {
  /** What is to become small: the standard deviation of the hosts' loads, or their range. */
  goal: 'deviation' | 'range';
  /** Nothing is planned where the spread is not above this (loads: 0 empty … 1 full). */
  threshold: number;
  /** Share of each resource in a host's load. */
  weights: { vcpus: number; memory: number; disk: number };
  kinds: readonly MoveKind[];
  maxMoves: number;
  /** Upper bound for the whole plan; null: none. */
  maxBytes: number | null;
  /** Upper bound for one instance; null: none. */
  maxBlackoutMs: number | null;
}

export interface RebalanceInput {
  hosts: readonly HostRow[];
  instances: readonly PlacedInstance[];
  groups: ReadonlyMap<string, GroupPolicy>;
  /** By host id: the hosts whose processor lacks what a process there may use, with those flags. */
  lackingCpu: ReadonlyMap<string, ReadonlyMap<string, readonly string[]>>;
  settings: RebalanceSettings;
}

export interface PlannedMove {
  instanceId: string;
  instance: string;
  fromHostId: string;
  from: string;
  toHostId: string;
  to: string;
  kind: MoveKind;
  cost: MoveCost;
  /** The fleet's spread after this move and those before it. */
  spreadAfter: number;
}

/** Why the plan has no more moves. */
export type PlanEnd = 'too-few-hosts' | 'within-threshold' | 'max-moves' | 'no-better-move';

export interface RebalancePlan {
  /** Each move is possible after those before it, and each is of another instance. */
  moves: PlannedMove[];
  spreadBefore: number;
  spreadAfter: number;
  cost: { bytes: number; blackoutMs: number; longestBlackoutMs: number };
  end: PlanEnd;
  /** In words on which an operator can act. */
  reasons: string[];
}
