import type { HostRow } from '../core/fleet-view.js';
import type { GroupConstraint, Resources } from '../core/request.js';

export type MoveKind = 'live' | 'cold';

/** What one move is expected to cost. */
export interface MoveCost {
  /** Memory and disk that cross the network. */
  bytes: number;
  /** How long the instance does not answer. */
  blackoutMs: number;
}

/** An instance as the planner sees it. */
export interface PlacedInstance {
  id: string;
  name: string;
  hostId: string;
  resources: Resources;
  running: boolean;
  /** Why it is not to be moved at all (an operation on it, an error); null where it may be. */
  held: string | null;
  /** Why it cannot be moved live; null where it can. */
  notLive: string | null;
  availabilityZone: string | null;
  architecture: string | null;
  /** Id of its server group. */
  group: string | null;
  /** Instances it wants to be with, and to be apart from (Nova: same_host, different_host). */
  sameAs: readonly string[];
  differentFrom: readonly string[];
  cost: Record<MoveKind, MoveCost>;
}

/** A server group's policy; where its members are is read from the instances. */
export type GroupPolicy = Pick<GroupConstraint, 'policy' | 'maxPerHost'>;

export interface RebalanceSettings {
  /** What is to become small: the standard deviation of the hosts' loads, or the greatest less the smallest. */
  goal: 'deviation' | 'range';
  /** Nothing is done where the spread is not above this (load: 0 empty … 1 full). */
  threshold: number;
  /** Share of each resource in a host's load. */
  weights: { vcpus: number; memory: number; disk: number };
  kinds: readonly MoveKind[];
  maxMoves: number;
  /** Of the whole plan; null: any. */
  maxBytes: number | null;
  /** Of one instance; null: any. */
  maxBlackoutMs: number | null;
}

export interface RebalanceInput {
  hosts: readonly HostRow[];
  instances: readonly PlacedInstance[];
  groups: ReadonlyMap<string, GroupPolicy>;
  /** By host, those whose processor lacks what a process that runs there may use, with what they lack. */
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
  /** The fleet's spread once this move and those before it are done. */
  spreadAfter: number;
}

/** Why the plan ends where it does. */
export type PlanEnd = 'too-few-hosts' | 'within-threshold' | 'max-moves' | 'no-better-move';

export interface RebalancePlan {
  /** In this order each is possible; none is of an instance that has moved before. */
  moves: PlannedMove[];
  spreadBefore: number;
  spreadAfter: number;
  cost: { bytes: number; blackoutMs: number; longestBlackoutMs: number };
  end: PlanEnd;
  /** In words an operator can act on. */
  reasons: string[];
}
