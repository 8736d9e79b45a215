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
import { HostFacts } from './host-facts.js';
import { FollowerState } from './follower-state.js';
import type { HostStream } from './follower-state.js';
import { renderRevision } from './revision.js';
import { MOST_AT_ONCE, Telling } from './telling.js';

/** After a quiet time a change is told at once; what comes within this is told together. */
const FIRST_MS = 5;
/** A round is followed by a pause of three times what it took: telling many hosts takes a quarter of the time at most. */
const [SHORTEST_PAUSE_MS, LONGEST_PAUSE_MS] = [25, 400];
/** Notices may be lost: the log is looked at by itself. */
const LOOK_MS = 5_000;
/** Followers whose networks do not change are told how far they are, so that their revision does not grow too old. */
const REVISION_AGE_MS = 600_000;
const PRUNE_MS = 60_000;

interface Newcomer {
  stream: HostStream;
  subscription: DesiredStateSubscription;
  promise: Promise<void>;
  resolve: () => void;
  reject: (error: unknown) => void;
}

/** Tells the hosts whose streams this process has what their networks should be; one read of the log for all of them. */
@Injectable()
export class DesiredStateFeed implements OnApplicationShutdown {
  private readonly log = createLogger('desired-state');
  private readonly followers = new Map<string, FollowerState>();
  private readonly acks: AckBuffer;
  private readonly telling: Telling;
  /** The revision up to which the log was read. */
  private cursor = '';
  /** Nobody followed: the cursor is old. */
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
    acknowledgements: Acknowledgements,
  ) {
    this.acks = new AckBuffer(acknowledgements);
    this.telling = new Telling(database, changes, facts);
  }

  /**
   * From now on `stream` is told everything, what it has missed first. A former stream of the host is ended. Hosts that
   * come at once (a control plane was restarted) are read for together.
   */
  async add(stream: HostStream, subscription: DesiredStateSubscription): Promise<void> {
    await (this.started ??= this.start());
    const newcomer: Newcomer = { stream, subscription, ...Promise.withResolvers<void>() };
    this.newcomers.push(newcomer);
    void this.turn.take(() => this.admit(this.newcomers.splice(0, MOST_AT_ONCE)));
    await newcomer.promise;
    this.wake(); // what was committed since the cursor and is not in what was sent
  }

  private async admit(newcomers: Newcomer[]): Promise<void> {
    const whole: FollowerState[] = [];
    const admitted = newcomers.filter(({ stream }) => !stream.ended);
    try {
      for (const { stream, subscription } of admitted) {
        const follower = new FollowerState(stream);
        this.followers.get(stream.hostId)?.stream.end('another stream of the host has begun');
        this.followers.set(stream.hostId, follower);
        const revision = await this.telling.catchUp(follower, subscription);
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

  remove(stream: HostStream): void {
    if (this.followers.get(stream.hostId)?.stream === stream) this.followers.delete(stream.hostId);
    this.idle = !this.followers.size;
  }

  acknowledge(stream: HostStream, { revision, failures, mended }: DesiredStateAcknowledgement): void {
    const follower = this.followers.get(stream.hostId);
    if (follower?.stream !== stream) return;
    const soon = follower.acknowledged(revision, failures) || mended.length > 0;
    this.acks.add({ hostId: stream.hostId, revision, failures, mended }, soon);
  }

  /** How many hosts follow here. */
  get size(): number {
    return this.followers.size;
  }

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
      if (found.changes.length) await this.sendWhole(await this.telling.tell(this.followers, revision, found.changes));
      this.cursor = revision; // what failed is read again
      this.refresh(revision);
    }
    const took = performance.now() - begun;
    this.notBefore = performance.now() + Math.min(LONGEST_PAUSE_MS, Math.max(SHORTEST_PAUSE_MS, 3 * took));
  }

  private sendWhole(followers: FollowerState[]): Promise<void> {
    return this.telling.sendWhole(followers, (revision) => this.startFrom(revision));
  }

  /** The log is read from where the first follower is; while there is none it is not read. */
  private startFrom(revision: string): void {
    if (!this.cursor || this.idle) this.cursor = revision;
    this.idle = false;
  }

  private refresh(revision: string): void {
    for (const follower of this.followers.values())
      if (performance.now() - follower.sentAt > REVISION_AGE_MS) follower.send(revision, EMPTY, false, false);
  }
}
