import { Injectable } from '@nestjs/common';
import type { OnApplicationShutdown } from '@nestjs/common';
import { DataSource } from 'typeorm';
import type { DesiredStateAcknowledgement, DesiredStateSubscription } from '#generated/lxstack/agent/v1/desired_state';
import { messageOf } from '#libs/common/errors';
import { createLogger } from '#libs/common/logger';
import { Turn } from '#libs/common/turns';
import { Notices } from '#libs/database/notices';
import { AckBuffer } from './ack-buffer.js';
import { Acknowledgements } from './acknowledgements.js';
import { ChangeLog, CHANGES_CHANNEL } from './change-log.js';
import { EMPTY } from './delta.js';
import { GroupFacts } from './group-facts.js';
import { HostFacts } from './host-facts.js';
import { FollowerState } from './follower-state.js';
import type { HostStream } from './follower-state.js';
import { renderRevision } from './revision.js';
import { MOST_AT_ONCE, DeltaSender } from './delta-sender.js';

/** After a quiet time a change is sent at once; changes within these milliseconds are sent together. */
const FIRST_MS = 5;
/** Each round is followed by a pause of three times its length, within these bounds: sending takes a quarter of the time. */
const [SHORTEST_PAUSE_MS, LONGEST_PAUSE_MS] = [25, 400];
/** Milliseconds between two looks at the log: a NOTIFY may be lost. */
const LOOK_MS = 5_000;
/** A host whose networks do not change is told the present revision after this time, before the log forgets its own. */
const REVISION_AGE_MS = 600_000;
const PRUNE_MS = 60_000;

interface Newcomer {
  stream: HostStream;
  subscription: DesiredStateSubscription;
  promise: Promise<void>;
  resolve: () => void;
  reject: (error: unknown) => void;
}

/**
 * Sends hosts what their networks should be, over the streams that this process has. One read of the log serves them
 * all.
 */
@Injectable()
export class DesiredStateFeed implements OnApplicationShutdown {
  private readonly log = createLogger('desired-state');
  private readonly followers = new Map<string, FollowerState>();
  private readonly acks: AckBuffer;
  private readonly sender: DeltaSender;
  /** The revision up to which the log has been read. */
  private cursor = '';
  /** No host has followed since: the cursor is out of date. */
  private idle = true;
  private readonly newcomers: Newcomer[] = [];
  /** Rounds and admissions run one after the other, so that what is sent later was also read later. */
  private readonly turn = new Turn();
  private wakeUp: NodeJS.Timeout | undefined;
  private notBefore = 0;
  private timers: NodeJS.Timeout[] = [];
  private started: Promise<void> | undefined;
  private stopListening: () => void = () => {};

  constructor(
    database: DataSource,
    private readonly notices: Notices,
    private readonly changes: ChangeLog,
    facts: HostFacts,
    groupFacts: GroupFacts,
    acknowledgements: Acknowledgements,
  ) {
    this.acks = new AckBuffer(acknowledgements);
    this.sender = new DeltaSender(database, changes, facts, groupFacts);
  }

  /**
   * Begins to feed `stream`: first what the host has missed, then every change. Ends an earlier stream of the host. Hosts
   * that come at the same time (after a restart of the control plane) share their queries.
   */
  async add(stream: HostStream, subscription: DesiredStateSubscription): Promise<void> {
    await (this.started ??= this.start());
    const newcomer: Newcomer = { stream, subscription, ...Promise.withResolvers<void>() };
    this.newcomers.push(newcomer);
    void this.turn.take(() => this.admit(this.newcomers.splice(0, MOST_AT_ONCE)));
    await newcomer.promise;
    this.wake(); // reads what was committed after the cursor and was not in what the host was sent
  }

  private async admit(newcomers: Newcomer[]): Promise<void> {
    const whole: FollowerState[] = [];
    const admitted = newcomers.filter(({ stream }) => !stream.ended);
    try {
      for (const { stream, subscription } of admitted) {
        const follower = new FollowerState(stream);
        this.followers.get(stream.hostId)?.stream.end('another stream of the host has begun');
        this.followers.set(stream.hostId, follower);
        const revision = await this.sender.catchUp(follower, subscription);
        if (revision) this.startFrom(revision);
        else whole.push(follower);
      }
      await this.sendWhole(whole);
      for (const { resolve } of newcomers) resolve();
    } catch (error) {
      for (const { stream } of admitted) this.remove(stream);
      for (const { reject } of newcomers) reject(error);
    }
  }

  /** Ends the feed of a stream; a newer stream of the host stays. */
  remove(stream: HostStream): void {
    if (this.followers.get(stream.hostId)?.stream === stream) this.followers.delete(stream.hostId);
    this.idle = !this.followers.size;
  }

  /** Takes what the host's agent acknowledges; ignored where the host has a newer stream. */
  acknowledge(stream: HostStream, { revision, failures, mended }: DesiredStateAcknowledgement): void {
    const follower = this.followers.get(stream.hostId);
    if (follower?.stream !== stream) return;
    const soon = follower.acknowledged(revision, failures) || mended.length > 0;
    this.acks.add({ hostId: stream.hostId, revision, failures, mended }, soon);
  }

  /** Number of hosts that follow this process. */
  get size(): number {
    return this.followers.size;
  }

  /** Ends every stream and writes the acknowledgements that are still collected. */
  async onApplicationShutdown(): Promise<void> {
    this.stopListening();
    clearTimeout(this.wakeUp);
    for (const timer of this.timers) clearInterval(timer);
    for (const { stream } of this.followers.values()) stream.end('the control plane ends');
    this.followers.clear();
    await this.turn.take(() => Promise.resolve());
    await this.acks.flush();
  }

  private async start(): Promise<void> {
    this.stopListening = await this.notices.listen(CHANGES_CHANNEL, () => this.wake());
    const prune = () =>
      this.changes.prune().catch((error: unknown) => this.log.warn({ error: messageOf(error) }, 'log not pruned'));
    this.timers = [setInterval(() => this.wake(), LOOK_MS).unref(), setInterval(() => void prune(), PRUNE_MS).unref()];
  }

  private wake(): void {
    if (this.wakeUp || !this.followers.size) return;
    const inMs = Math.max(FIRST_MS, this.notBefore - performance.now());
    this.wakeUp = setTimeout(() => {
      this.wakeUp = undefined;
      void this.turn
        .take(() => this.round())
        .catch((error: unknown) => {
          this.log.warn({ error: messageOf(error) }, 'hosts not told yet');
          this.notBefore = performance.now() + LONGEST_PAUSE_MS;
          this.wake();
        });
    }, inMs).unref();
  }

  private async round(): Promise<void> {
    const begun = performance.now();
    const found = this.cursor ? await this.changes.since(this.cursor) : undefined;
    if (!found) {
      this.cursor = renderRevision(await this.changes.now());
      await this.sendWhole([...this.followers.values()]);
    } else {
      const revision = renderRevision(found.revision);
      if (found.changes.length) await this.sendWhole(await this.sender.tell(this.followers, revision, found.changes));
      this.cursor = revision; // where this round failed, the next one reads the same changes again
      this.refresh(revision);
    }
    const took = performance.now() - begun;
    this.notBefore = performance.now() + Math.min(LONGEST_PAUSE_MS, Math.max(SHORTEST_PAUSE_MS, 3 * took));
  }

  private sendWhole(followers: FollowerState[]): Promise<void> {
    return this.sender.sendWhole(followers, (revision) => this.startFrom(revision));
  }

  /** Reading begins at the revision of the first follower; nobody reads the log while no host follows. */
  private startFrom(revision: string): void {
    if (!this.cursor || this.idle) this.cursor = revision;
    this.idle = false;
  }

  private refresh(revision: string): void {
    for (const follower of this.followers.values())
      if (performance.now() - follower.sentAt > REVISION_AGE_MS) follower.send(revision, EMPTY, false, false);
  }
}
