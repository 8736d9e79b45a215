import type { SendMigrationRequest } from '#generated/lxstack/agent/v1/agent';
import { tasksBelow } from '../checks/tasks.js';
import type { CommitDecision } from '../commit-decision.js';
import type { Dump } from '../criu/dump.js';
import { availableMemory, guestFacts } from '../checks/guest-facts.js';
import { raiseAgentPriority } from '../agent-priority.js';
import type { MigrationRecord } from '../migration-record.js';
import type { MigrationDeps } from '../movable-instances.js';
import { moveDirectory } from '../move-directory.js';
import { MoveFailure } from '../move-failure.js';
import type { ProgressFeed } from '../progress-feed.js';
import type { TargetLink } from '../source/target-link.js';
import type { Throttle } from '../wire/throttle.js';
import { chooseMemoryMode } from './memory-mode.js';
import type { MemoryMode } from '#libs/agent-protocol/memory-modes';
import { ComparedMemory } from './compared-memory.js';
import { memoryPassesSuffice } from './memory-feed.js';
import type { MemoryFeed, SentMemory } from './memory-feed.js';
import { PageFrames } from './page-frames.js';
import { preDumps } from './pre-dump.js';
import { TrackedMemory } from './tracked-memory.js';

/** Parts of the move that its memory transfer works with. */
export interface MemoryShared {
  deps: MigrationDeps;
  request: SendMigrationRequest;
  record: MigrationRecord;
  feed: ProgressFeed;
  decision: CommitDecision;
  throttle: Throttle;
  /** Whether somebody has forced the move to complete: no more passes. */
  hurried: () => boolean;
  target: TargetLink;
}

/** Source: sends the memory of a live move in one of three modes. */
export class LiveMemory {
  private sender: MemoryFeed | undefined;

  constructor(private readonly shared: MemoryShared) {}

  /** Chooses the mode by the request and by cost, and writes it to the progress with the reason. */
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

  /** Directory of the pre-dump on which the dump builds; '' when there is none. */
  get preDump(): string {
    return this.sender?.preDump ?? '';
  }

  /** While the instance runs: sends all memory, then what has changed. With priority, for slow passes leave more for the freeze. */
  async preCopy(): Promise<void> {
    const { deps, record, feed } = this.shared;
    const started = performance.now();
    this.sender = await this.open();
    const restorePriority = raiseAgentPriority();
    const passes = await this.passes(this.sender).finally(restorePriority);
    feed.time('memory', started);
    deps.logger.info({ migrationId: record.migrationId, passes }, 'memory sent while it runs');
  }

  /** Sends passes until they suffice; resolves with the bytes of each. */
  private async passes(sender: MemoryFeed): Promise<number[]> {
    const { record, feed, decision, hurried } = this.shared;
    const passes: number[] = [];
    let began: number;
    do {
      began = performance.now();
      if (decision.made === 'abort') throw new MoveFailure('aborted', decision.reason);
      passes.push(await sender.pass());
      record.progress.memoryBytesTotal = record.progress.memoryBytesProcessed = sender.bytes;
      feed.moved();
    } while (!hurried() && !memoryPassesSuffice(passes));
    if (!hurried()) this.requireCalm(passes, performance.now() - began);
    return passes;
  }

  /** The feed that this kernel allows. */
  private async open(): Promise<MemoryFeed> {
    const { deps, record, target, throttle } = this.shared;
    const frames = new PageFrames(target.channel, throttle);
    const tracked = await deps.tracksWrites();
    record.progress.memoryModeReason += `; changes are found ${tracked ? 'by criu pre-dump' : 'by comparing: no soft-dirty tracking in this kernel'}`;
    if (!tracked) return ComparedMemory.open(await deps.instances.initPid(record.spec.id), frames);
    const directory = moveDirectory(deps.runDirectory, record.migrationId);
    return new TrackedMemory(frames, preDumps(directory, record.spec.id, deps.instances.lxcPath));
  }

  /** Throws MoveFailure when the guest rewrites its memory so fast that the last pass would outlast the freeze. */
  private requireCalm(passes: readonly number[], lastPassMs: number): void {
    const { switchTimeoutMs } = this.shared.request;
    if (lastPassMs < switchTimeoutMs || passes.at(-1)! < passes[0]! / 2) return;
    const [mebibytes, seconds] = [Math.round(passes.at(-1)! / 2 ** 20), Math.round(lastPassMs / 1000)];
    const reason = `its memory changes faster than it can be sent: ${mebibytes} MiB in ${seconds} s, while it may stand still`;
    throw new MoveFailure('memory', `${reason} for ${switchTimeoutMs / 1000} s at most`);
  }

  /** In the freeze, while CRIU dumps: sends what has changed since the last pass. */
  async lastPass(): Promise<void> {
    if (!this.sender) return;
    const started = performance.now();
    await this.sender.lastPass();
    this.shared.feed.time('memory_delta', started);
  }

  /** After the dump: sends the images except those of the tasks that it returns, whose pages the target has. */
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
