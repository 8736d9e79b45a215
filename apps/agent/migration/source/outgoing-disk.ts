import { BtrfsCopySender } from '../disk/btrfs-copies.js';
import { SharedDisk } from '../disk/disk-source.js';
import type { DiskSource } from '../disk/disk-source.js';
import { DiskSender } from '../disk/disk-sender.js';
import type { MigrationRecord } from '../migration-record.js';
import type { MigrationDeps } from '../movable-instances.js';
import type { ProgressFeed } from '../progress-feed.js';
import type { TargetLink } from './target-link.js';
import type { Throttle } from '../wire/throttle.js';

/** Sends the disk of an instance: nothing on shared storage, btrfs streams where both hosts have btrfs, else a tree. */
export class OutgoingDisk {
  private source: DiskSource | undefined;

  constructor(
    private readonly deps: MigrationDeps,
    private readonly record: MigrationRecord,
    private readonly feed: ProgressFeed,
    private readonly throttle: Throttle,
  ) {}

  /** Sends the whole disk, then what changes meanwhile, while the instance runs. `mayRepeat` is asked before each pass; it may throw. */
  async send(target: TargetLink, mayRepeat: () => boolean): Promise<DiskSource> {
    const started = performance.now();
    const { progress, spec } = this.record;
    const layer = this.deps.instances.writableLayer(spec.id);
    const source = this.deps.instances.sharedDisks
      ? new SharedDisk(layer)
      : await this.openTree(layer, target, mayRepeat);
    this.source = source;
    await source.passes(mayRepeat);
    progress.diskBytesTotal = progress.diskBytesProcessed;
    this.feed.time('disk', started);
    return source;
  }

  /** Ends the transfer and removes the move's btrfs copies, also those that an earlier agent made. */
  async close(): Promise<void> {
    const { instances, logger } = this.deps;
    this.source?.close();
    await instances.streams?.discardCopies(this.record.spec.id).catch((error: unknown) => {
      logger.error({ err: error, migrationId: this.record.migrationId }, 'copies of the disk not removed');
    });
  }

  /** The tree's sender, after btrfs streams have carried the bulk where both hosts can. */
  private async openTree(layer: string, target: TargetLink, mayRepeat: () => boolean): Promise<DiskSender> {
    const copies = this.copySender(target);
    const has = await copies?.send(mayRepeat);
    const before = copies?.bytes ?? 0;
    const onBytes = (sent: number, expected: number) => this.sent(before + sent, before + expected);
    return DiskSender.open(layer, target, this.throttle, onBytes, has);
  }

  private copySender(target: TargetLink): BtrfsCopySender | undefined {
    const { logger, instances } = this.deps;
    const { streams } = instances;
    if (!streams) return undefined;
    if (target.copies === 'none') {
      logger.info({ migrationId: this.record.migrationId }, 'the disk goes as a tree: the target takes no streams');
      return undefined;
    }
    const onBytes = (bytes: number) => this.sent(bytes, bytes);
    return new BtrfsCopySender({ streams, spec: this.record.spec, target, throttle: this.throttle, logger, onBytes });
  }

  /** `expected`: bytes of all passes known so far, never less than `sent`. */
  private sent(sent: number, expected: number): void {
    Object.assign(this.record.progress, { diskBytesProcessed: sent, diskBytesTotal: expected });
    this.feed.moved();
  }
}
