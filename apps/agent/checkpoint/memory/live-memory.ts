import type { SendMigrationRequest } from '#generated/lxstack/agent/v1/agent';
import { tasksBelow } from '../checks/tasks.js';
import type { CommitDecision } from '../commit-decision.js';
import type { Dump } from '../dump.js';
import { availableMemory, guestFacts } from '../guest-facts.js';
import type { MigrationRecord } from '../migration-record.js';
import type { MigrationDeps } from '../movable-instances.js';
import { MoveFailure } from '../move-failure.js';
import type { ProgressFeed } from '../progress-feed.js';
import type { TargetLink } from '../target-link.js';
import type { Throttle } from '../throttle.js';
import { chooseMemoryMode } from './memory-mode.js';
import type { MemoryMode } from '#libs/agent-protocol/memory-modes';
import { MemorySender, memoryPassesSuffice } from './memory-sender.js';
import type { SentMemory } from './memory-sender.js';

interface Shared {
  deps: MigrationDeps;
  request: SendMigrationRequest;
  record: MigrationRecord;
  feed: ProgressFeed;
  decision: CommitDecision;
  throttle: Throttle;
  /** Someone wants no more passes. */
  hurried: () => boolean;
  target: TargetLink;
}

/** How the memory of a live move goes, source end. */
export class LiveMemory {
  private sender: MemorySender | undefined;

  constructor(private readonly shared: Shared) {}

  /** By what the caller asked for and by cost; kept in the progress, with the reason. */
  async choose(): Promise<MemoryMode> {
    const { deps, request, record, target } = this.shared;
    const { memoryBytes } = await guestFacts(deps.instances, record.spec.id);
    const { lazyPages } = target;
    const bandwidth = request.bandwidthBytesPerSecond;
    const processes = (await tasksBelow(await deps.instances.initPid(record.spec.id))).length;
    const facts = { memoryBytes, processes, lazyPages, bandwidth, freeBytes: await availableMemory() };
    const { mode, why } = chooseMemoryMode(request.memoryMode, facts);
    Object.assign(record.progress, { memoryMode: mode, memoryModeReason: why });
    deps.logger.info({ migrationId: record.migrationId, memoryMode: mode, why }, 'memory mode chosen');
    return mode;
  }

  get sentBefore(): boolean {
    return this.sender !== undefined;
  }

  /** While it runs: all of its memory, then what has changed. */
  async preCopy(): Promise<void> {
    const { deps, record, target, throttle, feed, decision, hurried } = this.shared;
    const started = performance.now();
    const initPid = await deps.instances.initPid(record.spec.id);
    this.sender = await MemorySender.open(initPid, target.channel, throttle);
    const passes: number[] = [];
    let began: number;
    do {
      began = performance.now();
      if (decision.made === 'abort') throw new MoveFailure('aborted', decision.reason);
      passes.push(await this.sender.pass());
      record.progress.memoryBytesTotal = record.progress.memoryBytesProcessed = this.sender.bytes;
      feed.moved();
    } while (!hurried() && !memoryPassesSuffice(passes));
    feed.time('memory', started);
    if (!hurried()) this.requireCalm(passes, performance.now() - began);
    deps.logger.info({ migrationId: record.migrationId, passes }, 'memory sent while it runs');
  }

  /** Memory that is rewritten as fast as it is sent would all go in the freeze, and that has an end. */
  private requireCalm(passes: readonly number[], lastPassMs: number): void {
    const { switchTimeoutMs } = this.shared.request;
    if (lastPassMs < switchTimeoutMs || passes.at(-1)! < passes[0]! / 2) return;
    const [mebibytes, seconds] = [Math.round(passes.at(-1)! / 2 ** 20), Math.round(lastPassMs / 1000)];
    const reason = `its memory changes faster than it can be sent: ${mebibytes} MiB in ${seconds} s, while it may stand still`;
    throw new MoveFailure('memory', `${reason} for ${switchTimeoutMs / 1000} s at most`);
  }

  /** In the freeze, beside the dump: nothing can change any more. */
  async lastPass(): Promise<void> {
    if (!this.sender) return;
    const started = performance.now();
    await this.sender.pass();
    this.shared.feed.time('memory_delta', started);
  }

  /** After the dump: all images have been handed to the connection, but those of the tasks that it returns. */
  async finish(dump: Dump): Promise<SentMemory[]> {
    const { progress } = this.shared.record;
    const sent = (await this.sender?.finish(dump.imagesDirectory)) ?? [];
    const imageBytes = await dump.sendImages(sent);
    progress.memoryBytesTotal = progress.memoryBytesProcessed = imageBytes + (this.sender?.bytes ?? 0);
    return sent;
  }

  close(): void {
    this.sender?.close();
    this.sender = undefined;
  }
}
