import { Injectable } from '@nestjs/common';
import type { OnApplicationShutdown } from '@nestjs/common';
import { DataSource } from 'typeorm';
import type { DesiredStateAcknowledgement, DesiredStateSubscription } from '#generated/lxstack/agent/v1/desired_state';
import { messageOf } from '#libs/common/errors';
import { createLogger } from '#libs/common/logger';
import { Notices } from '#libs/database/notices';
import { AckBuffer } from './ack-buffer.js';
import { Acknowledgements } from './acknowledgements.js';
import { ChangeLog, CHANGES_CHANNEL } from './change-log.js';
import type { Change } from './change-log.js';
import { EMPTY, isEmpty } from './delta.js';
import { HostFacts } from './host-facts.js';
import type { NetworkFacts } from './host-facts.js';
import { FollowerState } from './follower-state.js';
import type { HostStream } from './follower-state.js';
import { documentOf, nameOf } from './resources.js';
import { renderRevision } from './revision.js';
import { hostDeltas, networkDeltas, outcomeFor, touchedPairs } from './round.js';

/** After a quiet time a change is told at once; what comes within this is told together. */
const FIRST_MS = 5;
/** A round is followed by a pause of three times what it took: telling many hosts takes a quarter of the time at most. */
const [SHORTEST_PAUSE_MS, LONGEST_PAUSE_MS] = [25, 400];
/** Notices may be lost: the log is looked at by itself. */
const LOOK_MS = 5_000;
/** Followers whose networks do not change are told how far they are, so that their revision does not grow too old. */
const REVISION_AGE_MS = 600_000;
const PRUNE_MS = 60_000;
/** Hosts whose documents are read together. */
const MOST_ADMITTED = 50;

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
  /** The revision up to which the log was read. */
  private cursor = '';
  /** Nobody followed: the cursor is old. */
  private idle = true;
  private readonly newcomers: Newcomer[] = [];
  private turn: Promise<unknown> = Promise.resolve();
  private wakeUp: NodeJS.Timeout | undefined;
  private notBefore = 0;
  private timers: NodeJS.Timeout[] = [];
  private started: Promise<void> | undefined;
  private stopListening: () => void = () => {};

  constructor(
    private readonly database: DataSource,
    private readonly notices: Notices,
    private readonly changes: ChangeLog,
    private readonly facts: HostFacts,
    acknowledgements: Acknowledgements,
  ) {
    this.acks = new AckBuffer(acknowledgements);
  }

  /**
   * From now on `stream` is told everything, what it has missed first. A former stream of the host is ended. Hosts that
   * come at once (a control plane was restarted) are read for together.
   */
  async add(stream: HostStream, subscription: DesiredStateSubscription): Promise<void> {
    await (this.started ??= this.start());
    const newcomer: Newcomer = { stream, subscription, ...Promise.withResolvers<void>() };
    this.newcomers.push(newcomer);
    void this.inTurn(() => this.admit(this.newcomers.splice(0, MOST_ADMITTED)));
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
        if (!(await this.catchUp(follower, subscription))) whole.push(follower);
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
    await this.turn;
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
      void this.inTurn(() => this.round()).catch((error: unknown) => {
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
      if (found.changes.length) await this.tell(revision, found.changes);
      this.cursor = revision; // what failed is read again
      this.refresh(revision);
    }
    const took = performance.now() - begun;
    this.notBefore = performance.now() + Math.min(LONGEST_PAUSE_MS, Math.max(SHORTEST_PAUSE_MS, 3 * took));
  }

  private async tell(revision: string, changes: Change[]): Promise<void> {
    const ids = (kind: Change['kind']) => changes.filter((one) => one.kind === kind).map((one) => one.resourceId!);
    const facts = {
      networks: await this.facts.networks(ids('network')),
      subnets: await this.facts.subnets(ids('subnet')),
      ports: await this.facts.ports(ids('port'), ids('host')),
    };
    const pairs = touchedPairs(changes, facts).filter(({ hostId }) => this.followers.has(hostId));
    const { joining, leaving } = await this.belonging(pairs);
    const [ofNetworks, ofHosts] = [networkDeltas(changes, facts), hostDeltas(changes, facts)];
    const awaited = new Set(changes.filter(({ kind }) => kind === 'mark').map((one) => one.networkId!));
    for (const follower of this.followers.values()) {
      const { hostId } = follower;
      const left = leaving.get(hostId) ?? [];
      const outcome = outcomeFor(follower, ofNetworks, ofHosts.get(hostId), joining.get(hostId) ?? NOTHING, left);
      const isAwaited = [...awaited].some((id) => follower.networks.has(id) || outcome.joined.includes(id));
      if (isEmpty(outcome.delta) && !isAwaited) continue;
      follower.send(revision, outcome.delta, false, isAwaited);
      for (const id of outcome.joined) follower.networks.add(id);
      for (const id of outcome.left) follower.networks.delete(id);
    }
    await this.sendWhole(ids('resend').flatMap((hostId) => this.followers.get(hostId) ?? []));
  }

  /** Which followers have networks now that they did not have, and the other way round. */
  private async belonging(pairs: { hostId: string; networkId: string }[]) {
    const [hostIds, networkIds] = [unique(pairs.map((one) => one.hostId)), unique(pairs.map((one) => one.networkId))];
    const now = new Set(
      (await this.facts.memberships(hostIds, networkIds)).map((one) => `${one.hostId} ${one.networkId}`),
    );
    const leaving = new Map<string, string[]>();
    const entering = new Map<string, string[]>();
    for (const { hostId, networkId } of pairs) {
      const [has, had] = [now.has(`${hostId} ${networkId}`), this.followers.get(hostId)!.networks.has(networkId)];
      if (has && !had) entering.set(hostId, [...(entering.get(hostId) ?? []), networkId]);
      if (had && !has) leaving.set(hostId, [...(leaving.get(hostId) ?? []), networkId]);
    }
    const all = await this.facts.all(unique([...entering.values()].flat()));
    const joining = new Map([...entering].map(([hostId, ids]) => [hostId, only(all, new Set(ids))]));
    return { joining, leaving };
  }

  /** From the revision that the agent has. False where the log cannot tell what it missed. */
  private async catchUp(follower: FollowerState, { revision, networkIds }: DesiredStateSubscription): Promise<boolean> {
    const found = revision ? await this.changes.since(revision) : undefined;
    if (!found) return false;
    const networks = await this.facts.networksOf(follower.hostId);
    const had = new Set(networkIds);
    const [kept, joined] = [networks.filter((id) => had.has(id)), networks.filter((id) => !had.has(id))];
    const isKept = new Set(kept);
    const changes = found.changes.filter((one) => one.kind === 'host' || isKept.has(one.networkId ?? ''));
    if (found.changes.some((one) => one.kind === 'resend' && one.resourceId === follower.hostId)) return false;
    const ids = (kind: Change['kind']) => changes.filter((one) => one.kind === kind).map((one) => one.resourceId!);
    const facts = {
      networks: await this.facts.networks(ids('network')),
      subnets: await this.facts.subnets(ids('subnet')),
      ports: await this.facts.ports(ids('port'), ids('host')),
    };
    follower.networks = new Set(kept);
    const left = networkIds.filter((id) => !isKept.has(id));
    const own = hostDeltas(changes, facts).get(follower.hostId);
    const { delta } = outcomeFor(follower, networkDeltas(changes, facts), own, await this.facts.all(joined), []);
    const removed = [...delta.removed, ...left.map((id) => nameOf('network', id))];
    follower.send(renderRevision(found.revision), { changed: delta.changed, removed }, false, true);
    follower.networks = new Set(networks);
    this.startFrom(renderRevision(found.revision));
    return true;
  }

  /** Read in one snapshot, which is the revision, some hosts at a time. */
  private async sendWhole(followers: FollowerState[]): Promise<void> {
    for (let at = 0; at < followers.length; at += MOST_ADMITTED) {
      const some = new Map(followers.slice(at, at + MOST_ADMITTED).map((follower) => [follower.hostId, follower]));
      const { revision, networks, facts } = await this.database.transaction('REPEATABLE READ', async (tx) => {
        const { incarnation, snapshot } = await this.changes.now(tx);
        const memberships = await this.facts.networksOfAll([...some.keys()], tx);
        const all = await this.facts.all(unique([...memberships.values()].flat()), tx);
        return { revision: renderRevision({ incarnation, snapshot }), networks: memberships, facts: all };
      });
      for (const [hostId, follower] of some) {
        follower.networks = new Set(networks.get(hostId));
        follower.send(
          revision,
          { changed: documentOf(hostId, only(facts, follower.networks)), removed: [] },
          true,
          true,
        );
      }
      this.startFrom(revision);
    }
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

  /** Rounds and newcomers one after the other: what is sent later was read later. */
  private inTurn<T>(work: () => Promise<T>): Promise<T> {
    const mine = this.turn.then(work, work);
    this.turn = mine.catch(() => undefined); // told to who waits for it
    return mine;
  }
}

const NOTHING: NetworkFacts = { networks: [], subnets: [], ports: [] };

const unique = (ids: string[]): string[] => [...new Set(ids)];

function only(all: NetworkFacts, networkIds: ReadonlySet<string>): NetworkFacts {
  return {
    networks: all.networks.filter(({ id }) => networkIds.has(id)),
    subnets: all.subnets.filter(({ networkId }) => networkIds.has(networkId)),
    ports: all.ports.filter(({ networkId }) => networkIds.has(networkId)),
  };
}
