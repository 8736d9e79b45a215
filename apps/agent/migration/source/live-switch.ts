import { MigrationPhase } from '#generated/lxstack/agent/v1/agent';
import type { MigrationProgress } from '#generated/lxstack/agent/v1/agent';
import { sleep } from '#libs/common/clock';
import { faultPoint } from '#libs/common/fault-point';
import { allAccepted, inFlight } from '../frames/accept-queues.js';
import { lookUpCgroups } from '../criu/fixups/cgroup-names.js';
import { blockingUnread } from '../checks/unread-data.js';
import type { DiskSource } from '../disk/disk-source.js';
import type { Dump } from '../criu/dump.js';
import { raiseAgentPriority } from '../agent-priority.js';
import { LiveMemory } from '../memory/live-memory.js';
import type { MemoryShared } from '../memory/live-memory.js';
import { moveDirectory } from '../move-directory.js';
import { MoveFailure, stepOf } from '../move-failure.js';
import { readGuestNetwork, untouched } from '../guest-network/guest-network.js';
import type { FrameRedirect } from '../frames/frame-redirect.js';
import { markMove } from '../move-files.js';

/** Parts of the move that the switch works with. */
interface Shared extends MemoryShared {
  redirect: FrameRedirect;
  disk: DiskSource;
  dump: Dump;
}

/** The source's part of the switch: from just before the freeze to the answer whether the move is committed. */
export class LiveSwitch {
  /** performance.now() when the NIC was cut; 0 before. */
  frozenAt = 0;
  private network = untouched;
  private readonly memory: LiveMemory;
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
  }

  /** Resolves when the move is committed. When it throws before that, the instance runs on here. */
  async run(): Promise<void> {
    await this.arm();
    const { request, record, deps, decision, feed, target, dump, throttle } = this.shared;
    if (decision.made === 'abort') throw new MoveFailure('aborted', decision.reason);
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
    } catch (error) {
      if (decision.made !== 'commit') await this.goOnHere();
      throw error;
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

  /** Does at both ends all that can be done before the freeze. */
  private async arm(): Promise<void> {
    const { deps, record, target, redirect, disk, dump } = this.shared;
    const memoryMode = await this.memory.choose();
    if (memoryMode === 'pre-copy') {
      await this.memory.preCopy();
      await disk.pass(); // the guest wrote while its memory was sent
    }
    await target.tell({ say: 'arm', memoryMode });
    const initPid = await deps.instances.initPid(record.spec.id);
    const [network] = await Promise.all([
      readGuestNetwork(initPid, record.spec.nics),
      target.expect('armed'),
      redirect.arm(),
      dump.writeWatchedFiles(initPid),
      lookUpCgroups(deps.instances.cgroupDirectories(record.spec.id)),
    ]);
    this.network = network;
    target.channel.keepTalking();
    await faultPoint('source.armed');
    disk.prepareLastPass();
    await redirect.bufferNewConnections();
    await allAccepted(initPid);
    const unread = await blockingUnread(initPid);
    if (unread.length) throw new MoveFailure('freeze', unread.join(' '));
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

  /** In the freeze: whether a socket of the instance waits for an answer to its SYN. */
  private async unanswered(): Promise<boolean> {
    const { deps, record } = this.shared;
    const { asking } = await inFlight(await deps.instances.initPid(record.spec.id));
    return asking > 0;
  }

  private async dumpAndSend(): Promise<void> {
    const { feed, redirect, disk, target, dump } = this.shared;
    feed.enter(MigrationPhase.MIGRATION_PHASE_DUMP);
    await redirect.cut();
    await faultPoint('source.cut');
    dump.answer('go');
    // CRIU has stopped every task before it cut the NIC, so the disk no longer changes.
    const sent = disk.lastPass().then(() => feed.time('disk_delta', this.frozenAt));
    sent.catch(() => undefined); // awaited below
    const unanswered = this.unanswered();
    unanswered.catch(() => undefined); // awaited below
    const lastLook = this.memory.lastPass();
    lastLook.catch(() => undefined); // awaited below
    const dumped = await dump.link!.when('dumped');
    this.progress.timingsMs.dump = dumped - this.frozenAt;
    feed.enter(MigrationPhase.MIGRATION_PHASE_TRANSFER);
    await faultPoint('source.dumped');
    await sent;
    this.network = { ...this.network, asking: await unanswered };
    if (dump.changedDisk()) await disk.passAfterDump();
    await lastLook;
    const memory = await this.memory.finish(dump);
    await disk.arrived();
    feed.time('transfer', dumped);
    await faultPoint('source.images-sent');
    feed.enter(MigrationPhase.MIGRATION_PHASE_RESTORE);
    const restore = performance.now();
    await target.tell({ say: 'restore', timeoutMs: this.timeLeft(), network: this.network, memory });
    this.kept = this.recordCommitAsked(this.timeLeft());
    this.kept.catch(() => undefined); // awaited before the commit is asked for
    await faultPoint('source.restore-asked');
    const { firstFailure } = await target.expect('restored');
    this.progress.restoreRetried = firstFailure;
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
