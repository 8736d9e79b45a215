import { status } from '@grpc/grpc-js';
import type { ClientDuplexStream, ServiceError } from '@grpc/grpc-js';
import type {
  DesiredStateRequest,
  DesiredStateResponse,
  DesiredStateSubscription,
} from '#generated/lxstack/agent/v1/desired_state';
import { sleep } from '#libs/common/clock';
import { messageOf } from '#libs/common/errors';
import type { Logger } from '#libs/common/logger';
import { kinds } from './document.js';
import type { DesiredDocument } from './document.js';
import type { DocumentFile } from './document-file.js';
import type { Reconciler } from './reconciler.js';

type Stream = ClientDuplexStream<DesiredStateRequest, DesiredStateResponse>;

const [FIRST_PAUSE_MS, LONGEST_PAUSE_MS] = [200, 5_000];
/**
 * Pause before the next attempt where the control plane does not know this protocol (v0.1): it tells of networks by
 * calls.
 */
const OLD_CONTROL_PLANE_MS = 30_000;
/** Upper bound of the parts of one change; a host with a million ports has fewer. */
const MOST_PARTS = 1_000;

interface FollowDeps {
  /**
   * Opens a stream. The stream ends by itself after a while, so that streams spread over control planes that come and
   * go.
   */
  dial: () => Stream;
  document: DesiredDocument;
  file: Pick<DocumentFile, 'keep'>;
  reconciler: Pick<Reconciler, 'apply' | 'unfilter' | 'failures' | 'onChange'>;
  /** What was mended in the kernel since the last call. */
  mended: () => string[];
  logger: Logger;
  signal: AbortSignal;
}

/** Follows the control plane's document until `signal`: applies and acknowledges each change, in order. */
export class Follower {
  private stream: Stream | undefined;

  constructor(private readonly deps: FollowDeps) {
    deps.reconciler.onChange = () => this.acknowledge();
  }

  /** Dials, and dials again with back-off, until `signal`. */
  async run(): Promise<void> {
    const { logger, signal } = this.deps;
    for (let pause = FIRST_PAUSE_MS; !signal.aborted;) {
      const begun = performance.now();
      const error = await this.session().then(
        () => undefined,
        (reason: unknown) => reason,
      );
      if (signal.aborted) return;
      if (performance.now() - begun > LONGEST_PAUSE_MS) pause = FIRST_PAUSE_MS;
      if (codeOf(error) === status.UNIMPLEMENTED) {
        await this.forget().catch((reason: unknown) => logger.error({ err: reason }, 'ports are still filtered'));
        pause = OLD_CONTROL_PLANE_MS;
      } else if (error && codeOf(error) !== status.DEADLINE_EXCEEDED)
        logger.warn({ reason: messageOf(error) }, 'desired state is not followed');
      // A random part of the pause, so that the hosts of a restarted control plane do not all dial at once.
      await sleep(pause * (0.5 + Math.random()), signal).catch(() => undefined); // the process ends: the loop's condition tells
      pause = Math.min(LONGEST_PAUSE_MS, pause * 2);
    }
  }

  /** Sends an acknowledgement without a change, because a failure has gone or something was mended. */
  acknowledge(): void {
    const { document, reconciler, mended } = this.deps;
    if (!this.stream || !document.revision) return;
    const acknowledgement = { revision: document.revision, failures: reconciler.failures(), mended: mended() };
    this.stream.write({ acknowledgement });
  }

  /**
   * The control plane was taken back to v0.1, which tells of networks by calls: empties the document, so that it no
   * longer decides, and takes the filters off that nobody would tell of changes.
   */
  private async forget(): Promise<void> {
    const { document, file, reconciler } = this.deps;
    document.groupless = true;
    if (document.content().resources.length || document.revision) {
      document.overruled = false;
      document.apply('', [], [], true);
      file.keep(document);
    }
    await reconciler.unfilter();
  }

  private async session(): Promise<void> {
    const { dial, document, logger, signal } = this.deps;
    const stream = dial();
    const end = () => stream.cancel();
    signal.addEventListener('abort', end, { once: true });
    stream.on('error', () => undefined); // the iteration throws it
    try {
      const { revision } = document;
      stream.write({ subscription: subscriptionOf(document) });
      let parts: DesiredStateResponse[] = [];
      for await (const part of stream as AsyncIterable<DesiredStateResponse>) {
        if (parts.push(part) > MOST_PARTS) throw new Error('a change in too many parts');
        if (part.more) continue;
        if (part.whole) logger.info({ from: revision, revision: part.revision }, 'desired state came as a whole');
        await this.take(parts);
        parts = [];
        this.stream = stream;
        Object.assign(document, { followed: true, overruled: false });
        this.acknowledge();
      }
    } finally {
      this.stream = undefined;
      document.followed = false;
      signal.removeEventListener('abort', end);
      stream.cancel();
    }
  }

  private async take(parts: DesiredStateResponse[]): Promise<void> {
    const { document, file, reconciler } = this.deps;
    const { revision, whole } = parts[0];
    const changed = parts.flatMap((part) => part.changed);
    const removed = parts.flatMap((part) => part.removed);
    document.groupless = false;
    const touched = document.apply(revision, changed, removed, whole);
    file.keep(document);
    await reconciler.apply(touched);
  }
}

/** What this host has, by which the control plane finds what it has missed. */
export function subscriptionOf(document: DesiredDocument): DesiredStateSubscription {
  const { revision, networks, routers, groups } = document;
  return {
    revision,
    kinds: [...kinds],
    networkIds: [...networks.keys()],
    routerIds: [...routers.keys()],
    securityGroupIds: [...groups.keys()],
    remoteGroupIds: [...document.remoteGroups()],
  };
}

function codeOf(error: unknown): status | undefined {
  return error instanceof Error && 'code' in error ? (error as ServiceError).code : undefined;
}
