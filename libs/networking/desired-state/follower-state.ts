import type { ResourceFailure } from '#generated/lxstack/agent/v1/desired_state';
import type { Delta } from './delta.js';
import type { ToldGroups } from './group-round.js';
import { knownTo } from './delta.js';

/** The connection to one host's agent. */
export interface HostStream {
  readonly hostId: string;
  /** The kinds of resources that the agent knows. */
  readonly kinds: ReadonlySet<string>;
  readonly ended: boolean;
  /** Returns at once: the stream keeps what it cannot write yet, and merges later deltas with it. */
  send(revision: string, delta: Delta, whole: boolean): void;
  end(reason: string): void;
}

/**
 * Revisions remembered as sent and not acknowledged. Where a host is further behind, its acknowledgement is written
 * with the usual delay, also where a caller waits for it.
 */
const MOST_UNACKNOWLEDGED = 1_000;

/** A host that follows: what it was sent, and which revision it has acknowledged. */
export class FollowerState {
  networks = new Set<string>();
  /** Ids of the routers that it was sent. */
  routers = new Set<string>();
  groups: ToldGroups = new Map();
  sentAt = performance.now();
  private readonly unacknowledged: { revision: string; awaited: boolean }[] = [];
  private failing = '';

  constructor(readonly stream: HostStream) {}

  get hostId(): string {
    return this.stream.hostId;
  }

  /** `awaited`: a caller waits until the host has acknowledged the revision. */
  send(revision: string, delta: Delta, whole: boolean, awaited: boolean): void {
    this.sentAt = performance.now();
    if (this.unacknowledged.push({ revision, awaited }) > MOST_UNACKNOWLEDGED) this.unacknowledged.shift();
    this.stream.send(revision, knownTo(this.stream.kinds, delta), whole);
  }

  /**
   * Takes an acknowledgement; it also stands for every revision sent before. Returns true where a caller waits for it,
   * or where other resources fail than before.
   */
  acknowledged(revision: string, failures: ResourceFailure[]): boolean {
    const at = this.unacknowledged.findLastIndex((sent) => sent.revision === revision);
    const done = this.unacknowledged.splice(0, at + 1);
    const failing = JSON.stringify(failures);
    const changed = failing !== this.failing;
    this.failing = failing;
    return changed || done.some(({ awaited }) => awaited);
  }
}
