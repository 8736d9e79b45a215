import { setTimeout as pause } from 'node:timers/promises';
import { digestsOf } from '#apps/agent/desired-state/digests';
import { DesiredDocument, kinds } from '#apps/agent/desired-state/document';
import { subscriptionOf } from '#apps/agent/desired-state/follow';
import type { NetworkComparison } from '#generated/lxstack/agent/v1/agent';
import type { ResourceFailure } from '#generated/lxstack/agent/v1/desired_state';
import type { Delta } from '#libs/networking/desired-state/delta';
import type { DesiredStateFeed } from '#libs/networking/desired-state/feed';
import type { HostStream } from '#libs/networking/desired-state/follower-state';

/** An agent without a host: applies to a document what it is sent, and acknowledges it. */
export class TestFollower implements HostStream {
  readonly document = new DesiredDocument();
  readonly kinds = new Set<string>(kinds);
  ended = false;
  messages = 0;
  /** Every resource that it was sent, as `kind id`, one entry each time. */
  told: string[] = [];
  wholes = 0;
  failures: ResourceFailure[] = [];
  acknowledges = true;
  private heard: () => void = () => {};

  constructor(
    readonly hostId: string,
    private feed: DesiredStateFeed,
  ) {}

  send(revision: string, { changed, removed }: Delta, whole: boolean): void {
    this.messages++;
    if (whole) this.wholes++;
    this.told.push(...changed.map(({ id, body }) => `${body!.$case} ${id}`));
    this.document.apply(revision, changed, removed, whole);
    if (this.acknowledges)
      setImmediate(() => this.feed.acknowledge(this, { revision, failures: this.failures, mended: [] }));
    this.heard();
  }

  end(): void {
    this.ended = true;
  }

  /** With a stream of its own: to the api process that it followed before, or to another. */
  async follow(feed = this.feed): Promise<void> {
    this.feed = feed;
    this.ended = false;
    await this.feed.add(this, { ...subscriptionOf(this.document), kinds: [...this.kinds] });
  }

  stop(): void {
    this.ended = true;
    this.feed.remove(this);
  }

  /** The host's answer to an audit; its kernel is always as it should be. */
  compare(): NetworkComparison[] {
    return [...this.document.networks.keys()].map((networkId) => ({
      networkId,
      ...digestsOf(this.document, networkId),
      differences: [],
      mended: [],
      found: [],
    }));
  }

  /** Resolves when the document is as `wanted` says. Waits without a limit: the test's own ends it. */
  async until(wanted: (document: DesiredDocument) => boolean): Promise<void> {
    while (!wanted(this.document)) {
      const heard = new Promise<void>((resolve) => (this.heard = resolve));
      await Promise.race([heard, pause(200)]);
    }
  }
}
