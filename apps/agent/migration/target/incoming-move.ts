import { MigrationKind, MigrationPhase } from '#generated/lxstack/agent/v1/agent';
import type { NetworkForwarding } from '#generated/lxstack/agent/v1/agent';
import { sleep } from '#libs/common/clock';
import { ConflictError, messageOf } from '#libs/common/errors';
import { faultPoint } from '#libs/common/fault-point';
import { RestoreSession } from './restore-session.js';
import type { Restored } from './restore-session.js';
import type { DataChannel } from '../wire/data-channel.js';
import { BtrfsCopyReceiver } from '../disk/btrfs-copies.js';
import { DiskReceiver } from '../disk/disk-receiver.js';
import { FrameBuffer } from '../frames/frame-buffer.js';
import { IncomingCommit } from './incoming-commit.js';
import type { MemoryMode } from '#libs/agent-protocol/memory-modes';
import type { Message } from '../wire/messages.js';
import type { MigrationDeps } from '../movable-instances.js';
import { hasReached } from '../migration-record.js';
import type { MigrationRecord, MigrationRecords } from '../migration-record.js';
import { moveDirectory } from '../move-directory.js';
import { MoveFailure } from '../move-failure.js';
import { SourceLink } from './source-link.js';
import { decideWithControlPlane } from '../switch-decision.js';
import { discardTarget, prepareTarget } from './target-setup.js';
import { commitMayBeAsked, hasMoveFile } from '../move-files.js';

const {
  MIGRATION_PHASE_AWAIT_COMMIT: AWAIT_COMMIT,
  MIGRATION_PHASE_COMPLETED: COMPLETED,
  MIGRATION_PHASE_FAILED: FAILED,
} = MigrationPhase;

/** The target's end of one move: takes disk and memory, restores the instance, lets it run only after the commit. */
export class IncomingMove {
  private readonly receiver: DiskReceiver;
  private readonly directory: string;
  private readonly session: RestoreSession;
  private channel: DataChannel | undefined;
  private readonly afterCommit: IncomingCommit;
  private decision: 'undecided' | 'committed' | 'aborted' = 'undecided';
  private ended: Promise<void> | undefined;
  /** The creation of resources that is under way: an undo waits for it. */
  private making: Promise<void> = Promise.resolve();

  constructor(
    private readonly deps: MigrationDeps,
    private readonly records: MigrationRecords,
    readonly record: MigrationRecord,
  ) {
    this.receiver = new DiskReceiver(
      deps.instances.writableLayer(record.spec.id),
      deps.instances.streams && new BtrfsCopyReceiver(deps.instances.streams, record.spec),
    );
    this.directory = moveDirectory(deps.runDirectory, record.migrationId);
    this.session = new RestoreSession(deps, record.spec, this.directory, () => this.restoreEnded());
    this.afterCommit = new IncomingCommit(deps, records, record, this.session, this.directory);
  }

  private get live(): boolean {
    return this.record.kind === MigrationKind.MIGRATION_KIND_LIVE;
  }

  get finished(): boolean {
    return this.decision === 'aborted' || hasReached(this.record.progress.phase, COMPLETED);
  }

  /** After a commit: resolves when the last memory page is mapped. Undefined when none is missing. */
  get mapping(): Promise<void> | undefined {
    return this.afterCommit.mapping;
  }

  /** Resolves when the move's own resources are removed. */
  get tidied(): Promise<void> {
    return this.afterCommit.tidied;
  }

  get committed(): boolean {
    return this.decision === 'committed' || this.record.progress.phase === COMPLETED;
  }

  /** PrepareMigration. Writes the record first, so that the next agent finds what this one has made. */
  async prepare(forwarding: readonly NetworkForwarding[]): Promise<void> {
    await (this.making = this.make(forwarding));
    if (this.finished) throw new ConflictError(`migration ${this.record.migrationId} has been aborted`);
  }

  private async make(forwarding: readonly NetworkForwarding[]): Promise<void> {
    await this.records.keep(this.record);
    await faultPoint('target.preparing');
    await prepareTarget(this.deps, this.record, forwarding);
    if (this.live) await this.session.bufferFrames();
    await faultPoint('target.prepared');
  }

  /** After a restart of the agent: undoes the move, carries its commit out, or waits for the decision. */
  async recover(): Promise<void> {
    const { progress, spec } = this.record;
    this.record.token = ''; // its connection is gone
    if (progress.phase !== COMPLETED && progress.phase !== FAILED) this.deps.network.arriving(spec.nics);
    // The buffered frames are lost, and the peers send them again. The port is in no bridge yet, so the network stays closed.
    for (const nic of spec.nics) await FrameBuffer.clear(this.deps.network, nic);
    if (progress.phase === COMPLETED || progress.phase === FAILED) return this.afterCommit.tidyUp();
    const committed = hasMoveFile(this.directory, 'committed');
    if (!committed && !commitMayBeAsked(this.directory, this.live, progress.phase))
      return this.abort('the agent was restarted'); // without the question there is no commit
    if (this.live && hasMoveFile(this.directory, 'checkpointPid')) this.session.reopen();
    progress.phase = AWAIT_COMMIT;
    if (committed) return this.commit();
    await this.resolve();
  }

  /** Serves the source's connection until it ends. When that is before the commit was asked for, the move is undone. */
  async serve(channel: DataChannel): Promise<void> {
    this.channel = channel;
    const lazyPages = this.live && (await this.deps.lazyPages());
    const listener = {
      arm: (message: Message & { say: 'arm' }) => this.arm(message.memoryMode),
      dumpAgain: () => (this.making = this.session.forgetFrames()),
      restore: (message: Message & { say: 'restore' }) => this.restoreOrFail(channel, message),
      abort: (reason: string) => this.abort(reason),
    };
    const conversation = new SourceLink(channel, this.receiver, this.directory, listener, lazyPages);
    try {
      await conversation.follow();
    } catch (error) {
      // Once the commit was asked for, only an answer ends the move.
      const asked = this.record.progress.phase === AWAIT_COMMIT;
      if (!asked && this.decision === 'undecided') await this.abort(messageOf(error));
    } finally {
      channel.close();
      await this.receiver.close();
    }
  }

  /** CommitMigration: opens the network and lets the instance run; resolves when it runs. */
  async commit(): Promise<void> {
    const { phase } = this.record.progress;
    if (phase === COMPLETED) return;
    const waits = phase === AWAIT_COMMIT || phase === MigrationPhase.MIGRATION_PHASE_COMMITTED;
    if (this.decision === 'aborted' || !waits)
      throw new ConflictError(`migration ${this.record.migrationId} is not waiting for a commit here`);
    this.decision = 'committed';
    // A failure leaves the commit to be tried again by the next call: a committed move is never undone.
    this.ended ??= this.afterCommit.carryOut().catch((error: unknown) => {
      this.ended = undefined;
      throw error;
    });
    await this.ended;
  }

  /** Before the instance is deleted: ends a commit that hangs, so that it does not block the deletion. */
  async giveUp(): Promise<void> {
    if (this.committed && !this.finished) await this.session.undo();
  }

  /** After the instance was deleted: removes what is left of its committed move. */
  async abandon(): Promise<void> {
    await this.ended?.catch(() => undefined); // told to who called
    if (this.committed && !this.finished) await this.afterCommit.leaveIfGone();
  }

  /** AbortMigration: removes everything that was made here. Throws ConflictError after the commit. */
  async abort(reason: string): Promise<void> {
    if (this.decision === 'committed' || this.record.progress.phase === COMPLETED)
      throw new ConflictError(`migration ${this.record.migrationId} has been committed`);
    this.decision = 'aborted';
    // A failure leaves the undo to be tried again by the next call.
    this.ended ??= this.undo(reason).catch((error: unknown) => {
      this.ended = undefined;
      throw error;
    });
    await this.ended;
  }

  private async arm(memoryMode: MemoryMode): Promise<void> {
    await (this.making = this.session.arm(memoryMode));
    this.record.progress.memoryMode = memoryMode;
  }

  private async restoreOrFail(channel: DataChannel, message: Message & { say: 'restore' }): Promise<void> {
    this.record.commitDeadline = Date.now() + message.timeoutMs;
    let restored: Restored = { firstFailure: '', notPut: [] };
    if (this.live) {
      try {
        const known = this.deps.network.putConnections(this.record.spec.nics, message.connections);
        known.catch(() => undefined); // awaited below
        restored = await this.session.restoreStopped(message, this.record.commitDeadline);
        await known;
      } catch (error) {
        return this.failed(error);
      }
    }
    const flagsNotPut = await this.receiver.putFlags(); // after a restore: it may open files for writing
    if (this.live) await faultPoint('target.restored');
    if (this.decision !== 'undecided') return;
    this.record.progress.phase = AWAIT_COMMIT;
    const kept = this.records.keep(this.record);
    if (!this.live) await kept; // a live move has its mark in the directory
    await Promise.all([kept, channel.tell({ say: 'restored', ...restored, flagsNotPut })]);
    this.watchDeadline();
  }

  /** Tells the source that the restore has failed, and undoes it here. */
  private async failed(error: unknown): Promise<void> {
    if (this.decision !== 'undecided') return;
    const { message: reason, logTail } = error instanceof MoveFailure ? error : new MoveFailure('', messageOf(error));
    const failure: Message = { say: 'failed', step: 'restore', reason, logTail };
    await this.channel?.tell(failure).catch(() => undefined); // the source sees the connection go
    await this.abort(reason);
    Object.assign(this.record.progress, { failedStep: 'restore', reason, logTail, phase: FAILED });
  }

  private async restoreEnded(): Promise<void> {
    if (this.decision !== 'undecided') return;
    if (this.record.progress.phase !== AWAIT_COMMIT)
      return this.failed(new Error('what was restored has died before the commit was asked for'));
    this.session.forgetRestore(); // if the move is committed all the same, the instance starts from its disk, which is complete
    await this.resolve();
  }

  private async undo(reason: string): Promise<void> {
    const { progress } = this.record;
    await this.making.catch(() => undefined); // told to who called
    await this.session.undo();
    await this.receiver.close();
    await discardTarget(this.deps, this.record);
    Object.assign(progress, { phase: MigrationPhase.MIGRATION_PHASE_ABORTED, reason });
    await this.records.forget(this.record.migrationId);
    this.deps.logger.info({ ...this.ids(), reason }, 'move aborted at the target');
  }

  private watchDeadline(): void {
    const left = (this.record.commitDeadline ?? 0) - Date.now();
    sleep(Math.max(0, left))
      .then(() => this.resolve())
      .catch((error: unknown) => this.deps.logger.error({ err: error, ...this.ids() }, 'move not ended'));
  }

  /** No answer came in time: asks the control plane. The instance never runs here without a commit. */
  private async resolve(): Promise<void> {
    const word = await decideWithControlPlane(this.deps, 'target', this.record, () => this.decision !== 'undecided');
    if (word === 'commit') await this.commit();
    else if (word === 'abort') await this.abort('the control plane has not committed it');
  }

  private ids() {
    return { migrationId: this.record.migrationId, instanceId: this.record.spec.id };
  }
}
