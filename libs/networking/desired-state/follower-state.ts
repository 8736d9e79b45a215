import type { ResourceFailure } from '#generated/lxstack/agent/v1/desired_state';
import type { Delta } from './delta.js';
import { knownTo } from './delta.js';

/** The way to one host's agent. */
export interface HostStream {
  readonly hostId: string;
  /** Kinds of resources that the agent knows. */
  readonly kinds: ReadonlySet<string>;
  readonly ended: boolean;
  /** Never waits: what cannot be written yet is kept by the stream and merged with what follows. */
  send(revision: string, delta: Delta, whole: boolean): void;
  end(reason: string): void;
}

/** Sent and not acknowledged, at most: a host that is further behind is told to somebody who waits all the same. */
const MOST_UNACKNOWLEDGED = 1_000;

/** One host that follows: what it was sent, and how far it says it is. */
export class FollowerState {
  networks = new Set<string>();
  sentAt = performance.now();
  private readonly unacknowledged: { revision: string; awaited: boolean }[] = [];
  private failing = '';

  constructor(readonly stream: HostStream) {}

  get hostId(): string {
    return this.stream.hostId;
  }

  /** `awaited`: somebody waits until the host has acknowledged it. */
  send(revision: string, delta: Delta, whole: boolean, awaited: boolean): void {
    this.sentAt = performance.now();
    if (this.unacknowledged.push({ revision, awaited }) > MOST_UNACKNOWLEDGED) this.unacknowledged.shift();
    this.stream.send(revision, knownTo(this.stream.kinds, delta), whole);
  }

  /** True where somebody waits for it, or what fails has changed. A revision stands for all that were sent before it. */
  acknowledged(revision: string, failures: ResourceFailure[]): boolean {
    const at = this.unacknowledged.findLastIndex((sent) => sent.revision === revision);
    const done = this.unacknowledged.splice(0, at + 1);
    const failing = JSON.stringify(failures);
    const changed = failing !== this.failing;
    this.failing = failing;
    return changed || done.some(({ awaited }) => awaited);
  }
}
