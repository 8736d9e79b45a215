import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { MigrationKind, MigrationPhase } from '#generated/lxstack/agent/v1/agent';
import type { MigrationProgress, SendMigrationRequest } from '#generated/lxstack/agent/v1/agent';
import { ConflictError, messageOf } from '#libs/common/errors';
import { faultPoint } from '#libs/common/fault-point';
import { killTasks } from '../criu/checkpoint-process.js';
import { CommitDecision } from '../commit-decision.js';
import { CpuWatch } from '../health/cpu-watch.js';
import type { OutgoingSlots } from './outgoing-slots.js';
import type { DiskSource } from '../disk/disk-source.js';
import { Dump } from '../criu/dump.js';
import { LiveSwitch } from './live-switch.js';
import type { MigrationDeps } from '../movable-instances.js';
import { MoveFailure, stepOf } from '../move-failure.js';
import { untouched } from '../guest-network/guest-network.js';
import { hasReached } from '../migration-record.js';
import type { MigrationRecord, MigrationRecords } from '../migration-record.js';
import { moveDirectory } from '../move-directory.js';
import { OutgoingDisk } from './outgoing-disk.js';
import { ProgressFeed } from '../progress-feed.js';
import { FrameRedirect } from '../frames/frame-redirect.js';
import { putNetworkBack, putNicsBack, removeVeths } from './source-cleanup.js';
import { decideWithControlPlane } from '../switch-decision.js';
import { TargetLink } from './target-link.js';
import { Throttle } from '../wire/throttle.js';
import { commitMayBeAsked, hasMoveFile, markMove } from '../move-files.js';

const AWAIT_COMMIT = MigrationPhase.MIGRATION_PHASE_AWAIT_COMMIT;

/** The source's end of one move: sends the disk and the memory, and keeps the instance until the move is committed. */
export class OutgoingMove {
  private readonly directory: string;
  private readonly redirect: FrameRedirect;
  private readonly feed: ProgressFeed;
  private readonly throttle: Throttle;
  private hurried = false;
  private target: TargetLink | undefined;
  private dump: Dump | undefined;
  private readonly disk: OutgoingDisk;
  private liveSwitch: LiveSwitch | undefined;
  private readonly decision = new CommitDecision();
  private readonly cpu: CpuWatch;
  private endTurn: () => void = () => undefined;
  private ended = Promise.withResolvers<void>();

  constructor(
    private readonly deps: MigrationDeps,
    private readonly records: MigrationRecords,
    readonly record: MigrationRecord,
    private readonly request: SendMigrationRequest,
    private readonly outgoingSlots: OutgoingSlots,
  ) {
    this.directory = moveDirectory(deps.runDirectory, record.migrationId);
    const initPid = () => deps.instances.initPid(record.spec.id);
    this.cpu = new CpuWatch(initPid);
    this.redirect = new FrameRedirect(deps.network, record.spec.nics, request.targetVtep, initPid);
    this.feed = new ProgressFeed(record.progress);
    this.throttle = new Throttle(request.bandwidthBytesPerSecond);
    this.disk = new OutgoingDisk(deps, record, this.feed, this.throttle);
  }

  private get live(): boolean {
    return this.record.kind === MigrationKind.MIGRATION_KIND_LIVE;
  }

  private get progress(): MigrationProgress {
    return this.record.progress;
  }

  get finished(): boolean {
    return hasReached(this.progress.phase, MigrationPhase.MIGRATION_PHASE_COMPLETED);
  }

  /** Force-complete: the pass under way is the last one and has no bandwidth cap; the freeze carries what changed since. */
  hurry(): void {
    this.hurried = true;
    this.throttle.lift();
  }

  /** Yields the progress now and at each change, until the move has ended. Several callers may watch. */
  watch(): AsyncGenerator<MigrationProgress> {
    return this.feed.watch((phase) => this.finished || (!this.live && phase === AWAIT_COMMIT));
  }

  /** Resolves when the move has ended, however; never rejects. */
  async run(): Promise<void> {
    try {
      this.endTurn = await this.outgoingSlots.turn(this.request.atOnce, this.decision.wait());
      this.stopIfAborted();
      if (this.live) this.cpu.begin();
      this.target = await TargetLink.open(this.deps, this.request);
      await faultPoint('source.connected');
      const disk = await this.presyncDisk();
      if (this.live) await this.moveLive(disk);
      else await this.moveCold();
    } catch (error) {
      await this.fail(error);
    } finally {
      this.endTurn();
      this.ended.resolve();
    }
  }

  /** After a restart of the agent: this agent ends the move that the last one had begun. Never rejects. */
  async recover(): Promise<void> {
    try {
      if (this.finished) return;
      if (hasMoveFile(this.directory, 'committed') || this.progress.phase === MigrationPhase.MIGRATION_PHASE_COMMITTED)
        this.decision.make('commit');
      // The record says AWAIT_COMMIT a little too early; the mark is exact, but a reboot of the host removes it.
      const asked = commitMayBeAsked(this.directory, this.live, this.progress.phase);
      this.dump = Dump.reopen(this.directory, asked && !this.decision.made);
      // Synchronous: a worker that reads AWAIT_COMMIT commits, so the phase must be right before anybody can read it.
      this.feed.enter(asked || this.decision.made ? AWAIT_COMMIT : MigrationPhase.MIGRATION_PHASE_RESTORE);
      if (!asked) this.decision.callOff('the agent was restarted'); // without the question there is no commit
      if (!this.decision.made) void this.resolve();
      await this.conclude(await this.decision.wait());
    } catch (error) {
      this.decision.callOff(messageOf(error)); // where no word was said before
      if (this.live && this.decision.made === 'abort') {
        this.dump?.answer('abort');
        await this.dump?.ended;
        await putNicsBack(this.deps.network, this.record.spec.nics);
      }
      await this.fail(error);
    } finally {
      this.ended.resolve();
    }
  }

  /** The control plane has committed: what runs here is no longer the instance. Resolves when it is killed. */
  async commit(): Promise<void> {
    if (this.decision.made === 'abort' || !hasReached(this.progress.phase, AWAIT_COMMIT))
      throw new ConflictError(`migration ${this.record.migrationId} is not waiting for a commit here`);
    this.decision.make('commit');
    await this.ended.promise;
    if (!this.finished) await this.releaseInstance(); // what failed is tried again
  }

  /** Calls the move off; resolves when the instance runs on here. Throws ConflictError after the commit. */
  async abort(reason: string): Promise<void> {
    if (this.decision.made === 'commit' || this.progress.phase === MigrationPhase.MIGRATION_PHASE_COMPLETED)
      throw new ConflictError(`migration ${this.record.migrationId} has been committed`);
    this.decision.callOff(reason);
    await this.target?.callOff(reason);
    await this.ended.promise;
  }

  private presyncDisk(): Promise<DiskSource> {
    this.feed.enter(MigrationPhase.MIGRATION_PHASE_DISK);
    return this.disk.send(this.target!, () => {
      this.stopIfAborted();
      return this.live && !this.hurried; // a cold one is stopped: nothing changes
    });
  }

  private async moveLive(disk: DiskSource): Promise<void> {
    const { deps, request, record, feed, decision, redirect, throttle, cpu } = this;
    const target = this.target!;
    const dump = (this.dump = await Dump.prepare(deps.runDirectory, record.migrationId));
    const hurried = () => this.hurried;
    const shared = { deps, request, record, feed, decision, redirect, throttle, hurried, disk, target, dump, cpu };
    const asked = (timeLeft: number) => this.recordCommitAsked(timeLeft);
    this.liveSwitch = new LiveSwitch(shared, asked, () => this.resolve());
    await this.liveSwitch.run();
    await this.releaseInstance();
  }

  private async moveCold(): Promise<void> {
    const timeoutMs = this.request.switchTimeoutMs;
    await this.target!.tell({ say: 'restore', timeoutMs, network: untouched, memory: [] });
    await this.target!.expect('restored');
    await this.recordCommitAsked(timeoutMs);
    this.feed.enter(AWAIT_COMMIT);
    await this.conclude(await this.decision.wait());
  }

  /** Writes to the record that the commit may be asked for, and until when. */
  private recordCommitAsked(timeLeft: number): Promise<void> {
    this.record.commitDeadline = Date.now() + timeLeft;
    return this.records.keep({ ...this.record, progress: { ...this.progress, phase: AWAIT_COMMIT } });
  }

  private async resolve(): Promise<void> {
    const word = await decideWithControlPlane(this.deps, 'source', this.record, () => this.decision.made !== undefined);
    if (word === 'abort') this.decision.callOff('the control plane has not committed it');
    else if (word === 'commit') this.decision.make('commit');
  }

  private async conclude(word: 'commit' | 'abort'): Promise<void> {
    if (word === 'abort') throw new MoveFailure('aborted', this.decision.reason);
    await this.releaseInstance();
  }

  /** After the commit: kills the instance here and frees its NICs. The disk stays until ReleaseMigration. May be repeated. */
  private async releaseInstance(): Promise<void> {
    const { spec } = this.record;
    this.endTurn(); // the next move may start while this one is cleaned up
    await faultPoint('source.letting-go');
    if (existsSync(this.directory)) markMove(this.directory, 'committed');
    // Before the kill: the agent then does not report the instance's end as a crash.
    await this.deps.instances.commitOutgoing(spec.id);
    this.dump?.answer('commit');
    this.feed.enter(MigrationPhase.MIGRATION_PHASE_COMMITTED);
    await this.records.keep(this.record);
    await this.dump?.ended;
    // CRIU leaves the tasks stopped. Killing init directly saves the start of an `lxc-stop` process.
    if (!(await killTasks(this.deps.instances, spec.id))) await this.deps.instances.kill(spec.id);
    await removeVeths(spec.nics);
    this.redirect.disarm();
    this.target?.close();
    await this.dump?.close();
    this.liveSwitch?.close();
    await this.disk.close();
    await rm(this.directory, { recursive: true, force: true });
    this.feed.enter(MigrationPhase.MIGRATION_PHASE_COMPLETED);
    await this.records.keep(this.record);
  }

  private async fail(error: unknown): Promise<void> {
    const { migrationId, spec } = this.record;
    if (this.decision.made === 'commit')
      return this.deps.logger.error({ err: error, migrationId }, 'committed, but not let go: to be told again');
    const failure =
      error instanceof MoveFailure ? error : new MoveFailure(stepOf(this.progress.phase), messageOf(error));
    const byOrder = failure.step === 'aborted';
    this.decision.make('abort');
    await this.target?.callOff(failure.message);
    this.target?.close();
    await putNetworkBack(this.deps, this.record, this.redirect, Boolean(this.liveSwitch?.frozenAt));
    await this.dump?.close();
    this.liveSwitch?.close();
    await this.disk.close();
    await this.records.keep(this.record); // before the mark goes: the next agent must not believe that a commit was asked for
    await rm(this.directory, { recursive: true, force: true });
    Object.assign(this.progress, {
      failedStep: byOrder ? '' : failure.step,
      reason: failure.message,
      logTail: failure.logTail,
    });
    await this.records.forget(migrationId);
    this.feed.enter(byOrder ? MigrationPhase.MIGRATION_PHASE_ABORTED : MigrationPhase.MIGRATION_PHASE_FAILED);
    this.deps.logger.info({ migrationId, instanceId: spec.id, reason: failure.message }, 'move ended at the source');
  }

  private stopIfAborted(): void {
    if (this.decision.made === 'abort') throw new MoveFailure('aborted', this.decision.reason);
  }
}
