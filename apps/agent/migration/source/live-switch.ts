import { MigrationPhase } from '#generated/lxstack/agent/v1/agent';
import type { MigrationProgress } from '#generated/lxstack/agent/v1/agent';
import { sleep } from '#libs/common/clock';
import { faultPoint } from '#libs/common/fault-point';
import { inFlight } from '../frames/accept-queues.js';
import type { DiskSource } from '../disk/disk-source.js';
import type { CpuWatch } from '../health/cpu-watch.js';
import type { Dump } from '../criu/dump.js';
import { raiseAgentPriority } from '../agent-priority.js';
import { lostByTarget } from '../kept/not-put.js';
import { lostFlags } from '../losses/lost-flags.js';
import { LiveMemory } from '../memory/live-memory.js';
import type { MemoryShared } from '../memory/live-memory.js';
import type { MemoryMode } from '#libs/agent-protocol/memory-modes';
import { moveDirectory } from '../move-directory.js';
import { DumpFailure, MoveFailure, stepOf } from '../move-failure.js';
import type { MovedConnections } from '../../network/network-connections.js';
import { untouched } from '../guest-network/guest-network.js';
import type { FrameRedirect } from '../frames/frame-redirect.js';
import { markMove } from '../move-files.js';
import { FreezePreparation } from './freeze-preparation.js';
import { putNetworkBack } from './source-cleanup.js';

/** Before each further try of a dump that fails, in ms. */
const PAUSES_MS = [50, 100, 200, 400, 800];
/** No further try once the instance has stood still for this part of the time that the switch may take. */
const STOOD_STILL = 0.2;

/** Parts of the move that the switch works with. */
interface Shared extends MemoryShared {
  redirect: FrameRedirect;
  disk: DiskSource;
  dump: Dump;
  cpu: CpuWatch;
}

/** The source's part of the switch: from just before the freeze to the answer whether the move is committed. */
export class LiveSwitch {
  /** performance.now() when the NIC was cut; 0 before. */
  frozenAt = 0;
  /** In the freezes of dumps that have failed. */
  private stoodStillMs = 0;
  private network = untouched;
  private readonly memory: LiveMemory;
  private readonly preparation: FreezePreparation;
  /** The disk's pass in the freeze. */
  private lastPass: Promise<unknown> = Promise.resolve();
  /** Write of the record, which goes on while the target restores. */
  private kept: Promise<void> | undefined;

  constructor(
    private readonly shared: Shared,
    /** Writes to the record that the commit may be asked for. */
    private readonly recordCommitAsked: (timeLeftMs: number) => Promise<void>,
    /** Asks the control plane whether the move is committed, when nobody has said it in time. */
    private readonly resolve: () => Promise<void>,
  ) {
    this.memory = new LiveMemory(shared);
    this.preparation = new FreezePreparation(shared);
  }

  /** Resolves when the move is committed. When it throws before that, the instance runs on here. */
  async run(): Promise<void> {
    const memoryMode = await this.sendMemory();
    const { cpu } = this.shared;
    const cpuOnceArmed = Promise.all([cpu.end(), this.armTarget(memoryMode), this.preparation.arm()]);
    [this.progress.guestBefore] = await cpuOnceArmed;
    for (const pause of PAUSES_MS) {
      const failure = await this.dumpOnce(true);
      if (!failure) return;
      await this.prepareAnotherDump(failure, pause);
    }
    await this.dumpOnce(false);
  }

  /** A failed dump is returned where `mayRepeat` allows another one and nothing speaks against it. */
  private async dumpOnce(mayRepeat: boolean): Promise<DumpFailure | undefined> {
    await this.preparation.quieten();
    this.requireWanted(); // before there is a dump that could be ended
    try {
      await this.freeze();
      return undefined;
    } catch (error) {
      const { decision } = this.shared;
      if (error instanceof DumpFailure && mayRepeat && !decision.made && this.bearsAnotherDump()) return error;
      if (decision.made !== 'commit') await this.goOnHere();
      throw error;
    }
  }

  /** Counts the freeze that has ended. Memory that was sent before the freeze fits the first dump alone. */
  private bearsAnotherDump(): boolean {
    this.stoodStillMs += this.frozenAt ? performance.now() - this.frozenAt : 0;
    return !this.memory.sentBefore && this.stoodStillMs < STOOD_STILL * this.shared.request.switchTimeoutMs;
  }

  /** From the freeze to the commit. */
  private async freeze(): Promise<void> {
    const { request, record, deps, decision, feed, target, dump, throttle } = this.shared;
    this.frozenAt = 0;
    this.network = this.preparation.network;
    this.progress.lost = this.preparation.lost;
    feed.enter(MigrationPhase.MIGRATION_PHASE_FREEZE);
    const started = performance.now();
    const bridges = record.spec.nics.map((nic) => deps.network.bridgeName(nic.networkId));
    const { lxcPath } = deps.instances;
    const cgroups = deps.instances.cgroupDirectories(record.spec.id);
    dump.start(record.spec, bridges, { lxcPath, cgroups }, target.channel, throttle, this.memory);
    const restorePriority = raiseAgentPriority();
    try {
      this.frozenAt = await Promise.race([dump.link!.when('cut'), dump.failed]);
      this.progress.timingsMs.freeze = this.frozenAt - started;
      // The first of these ends the freeze.
      await Promise.race([this.dumpAndSend(), dump.failed, this.tooLate(request.switchTimeoutMs), this.calledOff()]);
      const word = await this.awaitAnswer();
      if (word === 'abort') throw new MoveFailure('aborted', decision.reason);
    } finally {
      restorePriority();
    }
  }

  close(): void {
    this.memory.close();
  }

  private get progress(): MigrationProgress {
    return this.shared.record.progress;
  }

  private requireWanted(): void {
    const { decision } = this.shared;
    if (decision.made === 'abort') throw new MoveFailure('aborted', decision.reason);
  }

  /** Sends what can be sent of the memory while the instance runs. */
  private async sendMemory(): Promise<MemoryMode> {
    const { disk } = this.shared;
    const memoryMode = await this.memory.choose();
    if (memoryMode === 'pre-copy') {
      await this.memory.preCopy();
      await disk.pass(); // the guest wrote while its memory was sent
    }
    return memoryMode;
  }

  /** Has the target start its restore, which waits for the first image. */
  private async armTarget(memoryMode: MemoryMode): Promise<void> {
    const { target } = this.shared;
    await target.tell({ say: 'arm', memoryMode });
    await target.expect('armed');
    target.channel.keepTalking();
  }

  /**
   * After a failed dump: lets the instance run on here and has the target forget what it was sent. Most dumps that fail have met
   * what was so for a moment: a process between its fork and its exec, a connection or a signal under way. Throws `failure`
   * where no other dump can be made.
   */
  private async prepareAnotherDump(failure: DumpFailure, pauseMs: number): Promise<void> {
    const { deps, record, decision } = this.shared;
    const ids = { migrationId: record.migrationId, instanceId: record.spec.id };
    deps.logger.warn({ ...ids, reason: failure.message }, 'dump to be made again');
    try {
      await this.takeBack();
      await Promise.race([sleep(pauseMs), decision.wait()]);
      this.requireWanted();
      await this.shared.disk.pass();
      await this.preparation.arm();
    } catch (error) {
      this.requireWanted();
      deps.logger.error({ ...ids, err: error }, 'no other dump can be made');
      throw failure;
    }
  }

  /** Undoes a failed dump at both ends, so that they are as they were before it. */
  private async takeBack(): Promise<void> {
    const { deps, record, redirect, disk, dump, target } = this.shared;
    await dump.ended;
    await putNetworkBack(deps, record, redirect, true);
    await this.lastPass;
    await disk.arrived();
    await dump.renew();
    await target.tell({ say: 'dump-again' });
    await target.expect('emptied');
  }

  /** Lets the instance run on here. Resolves when CRIU has ended. */
  private async goOnHere(): Promise<void> {
    const { dump, decision, redirect } = this.shared;
    dump.answer('abort');
    decision.make('abort');
    const back = Promise.race([dump.link!.when('uncut'), dump.ended]).then(() => redirect.undoCut());
    back.catch(() => undefined); // the move awaits the same when it ends
    await dump.ended;
    await dump.failed.catch(() => undefined); // saves CRIU's log before the directory is removed
  }

  /** What the filters know of the instance's connections; where it cannot be read the target does without it. */
  private async connections(): Promise<MovedConnections[] | undefined> {
    const { deps, record } = this.shared;
    try {
      return await deps.network.readConnections(record.spec.nics);
    } catch (error) {
      deps.logger.warn({ err: error, instanceId: record.spec.id }, 'connections are not taken along');
      return undefined;
    }
  }

  /** In the freeze: whether a socket of the instance waits for an answer to its SYN, or has not sent all to itself. */
  private async unanswered(): Promise<{ asking: boolean; unsent: boolean }> {
    const { deps, record } = this.shared;
    const { asking, unsent } = await inFlight(await deps.instances.initPid(record.spec.id));
    return { asking: asking > 0, unsent: unsent > 0 };
  }

  private async dumpAndSend(): Promise<void> {
    const { feed, redirect, disk, target, dump } = this.shared;
    feed.enter(MigrationPhase.MIGRATION_PHASE_DUMP);
    await redirect.cut();
    await faultPoint('source.cut');
    dump.answer('go');
    // CRIU has stopped every task before it cut the NIC, so the disk no longer changes.
    this.lastPass = disk.lastPass();
    const sent = this.lastPass.then(() => feed.time('disk_delta', this.frozenAt));
    sent.catch(() => undefined); // awaited below
    const unanswered = this.unanswered();
    unanswered.catch(() => undefined); // awaited below
    const lastLook = this.memory.lastPass();
    lastLook.catch(() => undefined); // awaited below
    const connections = this.connections();
    const dumped = await dump.link!.when('dumped');
    this.progress.timingsMs.dump = dumped - this.frozenAt;
    feed.enter(MigrationPhase.MIGRATION_PHASE_TRANSFER);
    await faultPoint('source.dumped');
    await sent;
    this.network = { ...this.network, ...(await unanswered) };
    if (dump.changedDisk()) await disk.passAfterDump();
    await lastLook;
    const memory = await this.memory.finish(dump);
    await disk.arrived();
    feed.time('transfer', dumped);
    await faultPoint('source.images-sent');
    feed.enter(MigrationPhase.MIGRATION_PHASE_RESTORE);
    const restore = performance.now();
    const { pressure, kept, tasks } = this.preparation;
    const beside = { network: this.network, pressure, kept, connections: await connections };
    await target.tell({ say: 'restore', timeoutMs: this.timeLeft(), memory, ...beside });
    this.kept = this.recordCommitAsked(this.timeLeft());
    this.kept.catch(() => undefined); // awaited before the commit is asked for
    await faultPoint('source.restore-asked');
    const { firstFailure, notPut = [], flagsNotPut = [] } = await target.expect('restored');
    this.progress.restoreRetried = firstFailure;
    this.progress.lost.push(...(await lostByTarget(notPut, tasks)));
    this.progress.lost.push(...lostFlags([...disk.flagsNotCarried, ...flagsNotPut]));
    feed.time('restore', restore);
  }

  private timeLeft(): number {
    return Math.max(0, this.shared.request.switchTimeoutMs - (performance.now() - this.frozenAt));
  }

  private async tooLate(timeoutMs: number): Promise<never> {
    await sleep(this.timeLeft());
    throw new MoveFailure(stepOf(this.progress.phase), `it was not restored within ${timeoutMs} ms`);
  }

  private async calledOff(): Promise<never> {
    const { decision } = this.shared;
    const word = await decision.wait();
    throw new MoveFailure('aborted', word === 'abort' ? decision.reason : 'committed before it was restored');
  }

  /** Waits, frozen, until the worker or the control plane says whether the move is committed. */
  private async awaitAnswer(): Promise<'commit' | 'abort'> {
    const { record, deps, feed, decision } = this.shared;
    const asked = performance.now();
    await faultPoint('source.restored');
    markMove(moveDirectory(deps.runDirectory, record.migrationId), 'awaitingCommit');
    await this.kept;
    feed.enter(MigrationPhase.MIGRATION_PHASE_AWAIT_COMMIT);
    const late = new AbortController();
    void sleep(this.timeLeft(), late.signal).then(
      () => this.resolve(),
      () => undefined,
    );
    await faultPoint('source.awaiting-commit');
    const word = await decision.wait();
    late.abort();
    feed.time('commit', asked);
    return word;
  }
}
