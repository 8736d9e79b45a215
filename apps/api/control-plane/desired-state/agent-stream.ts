import type { ServerDuplexStream } from '@grpc/grpc-js';
import type { DesiredStateRequest, DesiredStateResponse } from '#generated/lxstack/agent/v1/desired_state';
import { merged } from '#libs/networking/desired-state/delta';
import type { Delta } from '#libs/networking/desired-state/delta';
import type { HostStream } from '#libs/networking/desired-state/follower-state';
import { messagesOf } from './service.js';

/**
 * Upper bound of the resources kept for a host that does not read. Beyond it the stream ends; the host dials again and
 * names the revision it has.
 */
const MOST_KEPT = 50_000;

/**
 * The stream to one agent. While the agent does not read, the stream keeps what it must send, merged: the newest
 * version of each resource.
 */
export class AgentStream implements HostStream {
  ended = false;
  private kept: { revision: string; delta: Delta; whole: boolean } | undefined;
  private full = false;

  constructor(
    readonly hostId: string,
    readonly kinds: ReadonlySet<string>,
    private readonly call: ServerDuplexStream<DesiredStateRequest, DesiredStateResponse>,
  ) {
    call.on('drain', () => this.drained());
  }

  /** As `HostStream.send`. */
  send(revision: string, delta: Delta, whole: boolean): void {
    if (this.ended) return;
    if (!this.full) return this.write(revision, delta, whole);
    const before = whole ? undefined : this.kept;
    const all = before ? merged(before.delta, delta) : delta;
    this.kept = { revision, delta: all, whole: whole || (before?.whole ?? false) };
    if (all.changed.length + all.removed.length > MOST_KEPT) this.end('the host does not read');
  }

  /** As `HostStream.end`; the agent dials again. */
  end(_reason: string): void {
    if (this.ended) return;
    this.ended = true;
    this.kept = undefined;
    this.call.end();
  }

  private write(revision: string, delta: Delta, whole: boolean): void {
    for (const message of messagesOf(revision, delta, whole)) this.full = !this.call.write(message);
  }

  private drained(): void {
    this.full = false;
    const { kept } = this;
    this.kept = undefined;
    if (kept && !this.ended) this.write(kept.revision, kept.delta, kept.whole);
  }
}
