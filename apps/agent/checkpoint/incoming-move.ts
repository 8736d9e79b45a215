import { existsSync, writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { MigrationKind, MigrationPhase } from '#generated/lxstack/agent/v1/agent';
import type { NetworkForwarding } from '#generated/lxstack/agent/v1/agent';
import { sleep } from '#libs/common/clock';
import { ConflictError, messageOf } from '#libs/common/errors';
import { faultPoint } from '#libs/common/fault-point';
import { announce } from './announce.js';
import type { DataChannel } from './data-channel.js';
import { DiskReceiver } from './disk-transfer.js';
import { Hold } from './hold.js';
import { killRestore } from './checkpoint-process.js';
import { keepBounded } from './criu-log.js';
import { allowUserfaults, pagesMapped } from './memory/lazy-pages.js';
import { mapsLater } from './memory/memory-mode.js';
import type { MemoryMode } from './memory/memory-mode.js';
import { MemoryReceiver } from './memory/memory-receiver.js';
import type { Message } from './messages.js';
import type { MigrationDeps } from './movable-instances.js';
import { hasReached } from './migration-record.js';
import type { MigrationRecord, MigrationRecords } from './migration-record.js';
import { makeMoveDirectory, moveDirectory, removeStaleCgroups } from './move-directory.js';
import { NetworkOpening } from './network-opening.js';
import { Restore } from './restore.js';
import { SourceConversation } from './source-conversation.js';
import { decideWithControlPlane } from './switch-decision.js';

const { MIGRATION_PHASE_AWAIT_COMMIT: AWAIT_COMMIT, MIGRATION_PHASE_COMPLETED: COMPLETED } = MigrationPhase;

/** The target's end of one migration. */
export class IncomingMove {
  private readonly receiver: DiskReceiver;
  private readonly directory: string;
  private holds: Hold[] = [];
  private restore: Restore | undefined;
  private channel: DataChannel | undefined;
  private opening: NetworkOpening | undefined;
  /** Ends what allowUserfaults() began. */
  private userfaults: (() => Promise<void>) | undefined;
  /** After a commit: pages are still being mapped in from the images here. */
  mapping: Promise<void> | undefined;
  private decision: 'undecided' | 'committed' | 'aborted' = 'undecided';
  private ended: Promise<void> | undefined;
  /** What only the move needed is going, or gone. */
  tidied: Promise<void> = Promise.resolve();

  constructor(
    private readonly deps: MigrationDeps,
    private readonly records: MigrationRecords,
    readonly record: MigrationRecord,
  ) {
    this.receiver = new DiskReceiver(deps.instances.writableLayer(record.spec.id));
    this.directory = moveDirectory(deps.runDirectory, record.migrationId);
  }

  private get instanceId(): string {
    return this.record.spec.id;
  }

  private get live(): boolean {
    return this.record.kind === MigrationKind.MIGRATION_KIND_LIVE;
  }

  get finished(): boolean {
    return this.decision === 'aborted' || hasReached(this.record.progress.phase, COMPLETED);
  }

  get committed(): boolean {
    return this.decision === 'committed' || this.record.progress.phase === COMPLETED;
  }

  /** Everything that can be made before the source is asked to do anything. The record first: what is made is found. */
  async prepare(forwarding: readonly NetworkForwarding[]): Promise<void> {
    const { spec, nextEpoch, migrationId } = this.record;
    await this.records.keep(this.record);
    await faultPoint('target.preparing');
    await this.deps.network.attach(spec);
    for (const { networkId, entries } of forwarding)
      await this.deps.network.setForwarding(networkId, entries, [], false);
    await this.deps.instances.prepareIncoming(spec, nextEpoch);
    await makeMoveDirectory(this.deps.runDirectory, migrationId);
    if (this.live) for (const nic of spec.nics) this.holds.push(await Hold.create(this.deps.network, nic));
    for (const hold of this.holds) await hold.catch();
    await faultPoint('target.prepared');
  }

  /** After a restart of the agent: ends what the one before had begun, or waits on for the word. */
  async recover(): Promise<void> {
    const { progress, spec } = this.record;
    const has = (name: string) => existsSync(join(this.directory, name));
    this.record.token = ''; // its connection is gone
    // What it held is sent again by the peers; the network stays closed, the port is in no bridge yet.
    for (const nic of spec.nics) await Hold.clear(this.deps.network, nic);
    if (progress.phase === COMPLETED) return this.tidyUp();
    const asked = this.live && has('images') ? has('awaiting') : progress.phase === AWAIT_COMMIT;
    if (!asked && !has('committed')) return this.abort('the agent was restarted'); // nobody can have committed
    if (this.live && has('checkpoint.pid')) {
      this.restore = Restore.reopen(this.directory, this.instanceId, this.deps.instances);
      this.watchRestore(this.restore);
    }
    progress.phase = AWAIT_COMMIT;
    if (has('committed')) return this.commit();
    await this.resolve();
  }

  /** Takes the source's connection; ends with it. A source that goes before the commit was asked for ends the move. */
  async serve(channel: DataChannel): Promise<void> {
    this.channel = channel;
    const images = join(this.directory, 'images');
    const conversation = new SourceConversation(
      channel,
      this.receiver,
      images,
      new MemoryReceiver(images, join(this.directory, 'lazy')),
      {
        arm: (message) => this.arm(message.memoryMode),
        restore: (message) => this.bringToLife(channel, message),
        abort: (reason) => this.abort(reason),
      },
      this.live && (await this.deps.lazyPages()),
    );
    try {
      await conversation.follow();
    } catch (error) {
      await this.lost(messageOf(error));
    } finally {
      channel.close();
    }
  }

  /** The control plane has committed. Opens the network, lets it run; resolves when it runs. */
  async commit(): Promise<void> {
    if (this.decision === 'committed') return this.ended;
    if (this.record.progress.phase === COMPLETED) return;
    if (this.decision === 'aborted' || this.record.progress.phase !== AWAIT_COMMIT)
      throw new ConflictError(`migration ${this.record.migrationId} is not waiting for a commit here`);
    this.decision = 'committed';
    this.ended = this.restore ? this.letRun(this.restore) : this.keepStopped();
    await this.ended;
  }

  /** Removes every trace; refused after the commit. */
  async abort(reason: string): Promise<void> {
    if (this.decision === 'committed' || this.record.progress.phase === COMPLETED)
      throw new ConflictError(`migration ${this.record.migrationId} has been committed`);
    if (this.decision === 'aborted') return this.ended;
    this.decision = 'aborted';
    this.ended = this.undo(reason);
    await this.ended;
  }

  /** The restore is started and stands before its first image; what the commit needs is started too. */
  private async arm(memoryMode: MemoryMode): Promise<void> {
    const { spec } = this.record;
    await faultPoint('target.arming');
    this.restore = await Restore.arm(this.directory, spec, this.deps.instances, memoryMode);
    if (mapsLater(memoryMode)) this.userfaults = await allowUserfaults();
    this.record.progress.memoryMode = memoryMode;
    this.watchRestore(this.restore);
    this.opening = new NetworkOpening(this.deps.network, spec.nics);
    for (const hold of this.holds) hold.arm();
  }

  private async bringToLife(channel: DataChannel, message: Message & { say: 'restore' }): Promise<void> {
    this.record.commitDeadline = Date.now() + message.timeoutMs;
    if (this.live) {
      await faultPoint('target.restoring');
      const restored = await this.restore!.go(message.neighbours, this.record.spec.nics);
      await this.userfaults?.();
      if (restored) await faultPoint('target.restored');
      if (!restored || this.decision !== 'undecided') return; // restoreEnded() tells
    }
    this.record.progress.phase = AWAIT_COMMIT;
    const kept = this.records.keep(this.record);
    if (!this.live) await kept; // a live one has its mark in the directory
    await Promise.all([kept, channel.tell({ say: 'restored' })]);
    this.watchDeadline();
  }

  private watchRestore(restore: Restore): void {
    restore.ended
      .then((status) => this.restoreEnded(restore, status))
      .catch((error: unknown) => this.deps.logger.error({ err: error, ...this.ids() }, 'restore not followed'));
  }

  private async restoreEnded(restore: Restore, status: number): Promise<void> {
    if (this.decision !== 'undecided') return;
    if (this.record.progress.phase === AWAIT_COMMIT) {
      restore.close();
      this.restore = undefined; // committed all the same, it is started from its disk, which is complete
      return this.resolve();
    }
    const { cause, excerpt: tail } = await restore.verdict();
    const path = this.keptLog();
    const reason = `${cause || `lxc-checkpoint -r ended with ${status}`} (whole log at the target: ${path})`;
    const failure: Message = { say: 'failed', step: 'restore', reason, logTail: tail };
    await this.channel?.tell(failure).catch(() => undefined); // the source sees the connection go
    await this.abort(reason);
    Object.assign(this.record.progress, {
      failedStep: 'restore',
      reason,
      logTail: tail,
      phase: MigrationPhase.MIGRATION_PHASE_FAILED,
    });
  }

  private async letRun(restore: Restore): Promise<void> {
    const { spec, nextEpoch, progress } = this.record;
    const started = performance.now();
    await faultPoint('target.committed');
    writeFileSync(join(this.directory, 'committed'), '');
    this.opening ??= new NetworkOpening(this.deps.network, spec.nics);
    await this.opening.fire(() => restore.commit());
    await Promise.all(this.holds.map((hold) => hold.release()));
    const opened = performance.now();
    await this.deps.instances.commitIncoming(spec.id, nextEpoch, 'running');
    progress.phase = MigrationPhase.MIGRATION_PHASE_COMMITTED;
    await faultPoint('target.running');
    const status = await restore.ended;
    progress.timingsMs = { ...restore.timings(), open: opened - started };
    if (status !== 0) {
      const verdict = await restore.verdict();
      await keepBounded(this.keptLog(), verdict);
      Object.assign(progress, {
        phase: MigrationPhase.MIGRATION_PHASE_FAILED,
        failedStep: 'resume',
        logTail: verdict.excerpt,
      });
      await this.deps.instances.commitIncoming(spec.id, nextEpoch, 'stopped');
      await killRestore(this.directory);
      this.tidied = this.tidyUp();
      await this.tidied;
      throw new Error(`lxc-checkpoint -r ended with ${status} after the commit`);
    }
    progress.phase = COMPLETED;
    await this.records.keep(this.record);
    this.tidied = this.tidyUp().catch((error: unknown) =>
      this.deps.logger.error({ err: error, ...this.ids() }, 'move not tidied up'),
    );
  }

  /** A cold move; or a live one whose host was rebooted, or whose restore died, after the commit: its disk is here. */
  private async keepStopped(): Promise<void> {
    await killRestore(this.directory);
    await this.deps.instances.commitIncoming(this.instanceId, this.record.nextEpoch, 'stopped');
    this.record.progress.phase = COMPLETED;
    await this.records.keep(this.record);
    await this.tidyUp();
  }

  /** After a commit: what only the move needed goes. */
  private async tidyUp(): Promise<void> {
    const { spec } = this.record;
    for (const nic of spec.nics) await this.deps.network.claimMac(nic);
    await Promise.all(this.holds.map((hold) => hold.remove()));
    this.holds = [];
    this.restore?.close();
    if (this.restore) await announce(await this.deps.instances.initPid(spec.id), spec.nics);
    this.mapping = this.removeImages()
      .catch((error: unknown) => this.deps.logger.error({ err: error, ...this.ids() }, 'images not removed'))
      .finally(() => (this.mapping = undefined));
    if (!existsSync(join(this.directory, 'lazy.pid'))) await this.mapping;
  }

  /** Its memory is read from the images until every page is mapped. What cannot get its pages any more is lost. */
  private async removeImages(): Promise<void> {
    const { spec, migrationId, progress } = this.record;
    const started = performance.now();
    const outcome = await pagesMapped(this.directory);
    if (outcome === 'lost') {
      const reason = 'criu lazy-pages ended before all memory was mapped: the instance was killed';
      Object.assign(progress, { failedStep: 'lazy-pages', reason });
      this.deps.logger.error({ ...this.ids() }, reason);
      await this.deps.instances.kill(spec.id); // reported as any end of an instance
    }
    if (outcome === 'mapped')
      this.deps.logger.info({ ...this.ids(), ms: performance.now() - started }, 'memory mapped');
    await rm(this.directory, { recursive: true, force: true });
    await this.records.forget(migrationId);
  }

  private async undo(reason: string): Promise<void> {
    const { spec, progress } = this.record;
    await this.restore?.abort();
    await this.userfaults?.();
    await killRestore(this.directory); // of an agent before this one too
    if (this.restore?.begun) await keepBounded(this.keptLog(), await this.restore.verdict());
    this.opening?.disarm();
    await Promise.all(this.holds.map((hold) => hold.remove()));
    this.holds = [];
    await this.receiver.end().catch(() => undefined); // its disk goes anyway
    await this.deps.instances.discardIncoming(spec.id);
    await this.deps.network.detach(spec.nics);
    await removeStaleCgroups(this.deps.instances.cgroupDirectories(spec.id));
    this.restore?.close();
    await rm(this.directory, { recursive: true, force: true });
    Object.assign(progress, { phase: MigrationPhase.MIGRATION_PHASE_ABORTED, reason });
    await this.records.forget(this.record.migrationId);
    this.deps.logger.info({ ...this.ids(), reason }, 'move aborted at the target');
  }

  /** Before the commit is asked for nobody can have committed: undo. After, only an answer ends it. */
  private async lost(reason: string): Promise<void> {
    if (this.decision !== 'undecided') return;
    if (this.record.progress.phase !== AWAIT_COMMIT) await this.abort(reason);
  }

  private watchDeadline(): void {
    const left = (this.record.commitDeadline ?? 0) - Date.now();
    sleep(Math.max(0, left))
      .then(() => this.resolve())
      .catch((error: unknown) => this.deps.logger.error({ err: error, ...this.ids() }, 'move not ended'));
  }

  /** No answer came in time: the control plane knows. Never runs without a commit. */
  private async resolve(): Promise<void> {
    const word = await decideWithControlPlane(this.deps, 'target', this.record, () => this.decision !== 'undecided');
    if (word === 'commit') await this.commit();
    else if (word === 'abort') await this.abort('the control plane has not committed it');
  }

  private keptLog(): string {
    return join(this.deps.stateDirectory, 'failed-restores', `${this.instanceId}.log`);
  }

  private ids() {
    return { migrationId: this.record.migrationId, instanceId: this.instanceId };
  }
}
