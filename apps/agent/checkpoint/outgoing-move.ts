import { spawn } from 'node:child_process';
import { closeSync, openSync, writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { MigrationKind, MigrationPhase } from '#generated/lxstack/agent/v1/agent';
import type { MigrationProgress, SendMigrationRequest } from '#generated/lxstack/agent/v1/agent';
import { sleep } from '#libs/common/clock';
import { ConflictError, messageOf } from '#libs/common/errors';
import { ipBatchForce } from '../network/commands.js';
import { hostVethName } from '../network/interface-names.js';
import { announce } from './announce.js';
import type { DataChannel } from './data-channel.js';
import { connectToTarget } from './data-listener.js';
import { DiskSender } from './disk-transfer.js';
import { FrameType } from './frames.js';
import { ImageStream } from './image-stream.js';
import type { Message } from './messages.js';
import type { MigrationDeps } from './movable-instances.js';
import { hasReached } from './migration-record.js';
import type { MigrationRecord, MigrationRecords } from './migration-record.js';
import { logTail, makeMoveDirectory, moveDirectory, moveEnvironment, removeStaleCgroups } from './move-directory.js';
import { readNeighbours } from './neighbours.js';
import type { Neighbour } from './neighbours.js';
import { Redirect } from './redirect.js';
import { ScriptLink } from './script-link.js';
import { decideSwitch } from './switch-decision.js';
import { Throttle } from './throttle.js';

const AWAIT_COMMIT = MigrationPhase.MIGRATION_PHASE_AWAIT_COMMIT;
const DISK_PASSES = 4;
/** Few enough changed paths that the pass inside the freeze is short. */
const FEW_PATHS = 20;

/** A step of the move failed; the instance goes on where it is. */
class MoveFailure extends Error {
  constructor(
    readonly step: string,
    reason: string,
    readonly logTail: string[] = [],
  ) {
    super(reason);
  }
}

/** The source's end of one migration. */
export class OutgoingMove {
  private readonly directory: string;
  private readonly redirect: Redirect;
  private channel: DataChannel | undefined;
  private link: ScriptLink | undefined;
  private decision: 'undecided' | 'committed' | 'aborted' = 'undecided';
  private decided = Promise.withResolvers<'commit' | 'abort'>();
  private abortReason = '';
  private ended = Promise.withResolvers<void>();
  private listeners = new Set<() => void>();

  constructor(
    private readonly deps: MigrationDeps,
    private readonly records: MigrationRecords,
    readonly record: MigrationRecord,
    private readonly request: SendMigrationRequest,
  ) {
    this.directory = moveDirectory(deps.runDirectory, record.migrationId);
    this.redirect = new Redirect(deps.network, record.spec.nics, request.targetVtep);
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

  /** Each change of the progress; the last is `finished`. A second caller sees it from where it is. */
  async *watch(): AsyncGenerator<MigrationProgress> {
    let changed = Promise.withResolvers<void>();
    const listener = () => changed.resolve();
    this.listeners.add(listener);
    try {
      for (;;) {
        yield structuredClone(this.progress);
        if (this.finished || (!this.live && this.progress.phase === MigrationPhase.MIGRATION_PHASE_AWAIT_COMMIT))
          return;
        await changed.promise;
        changed = Promise.withResolvers<void>();
      }
    } finally {
      this.listeners.delete(listener);
    }
  }

  /** Resolves when the move has ended, however; never rejects. */
  async run(): Promise<void> {
    try {
      await this.connect();
      await this.presyncDisk();
      if (this.live) await this.moveLive();
      else await this.moveCold();
    } catch (error) {
      await this.fail(error);
    } finally {
      if (this.live || this.decision !== 'undecided') this.ended.resolve();
    }
  }

  /** The control plane has committed: what runs here is no longer the instance. Resolves when CRIU has killed it. */
  async commit(): Promise<void> {
    if (this.decision === 'aborted' || !hasReached(this.progress.phase, MigrationPhase.MIGRATION_PHASE_AWAIT_COMMIT))
      throw new ConflictError(`migration ${this.record.migrationId} is not waiting for a commit here`);
    this.decide('commit');
    await this.ended.promise;
  }

  /** The instance goes on as it was; resolves when it does. Refused after the commit. */
  async abort(reason: string): Promise<void> {
    if (this.decision === 'committed')
      throw new ConflictError(`migration ${this.record.migrationId} has been committed`);
    this.abortReason ||= reason;
    this.decide('abort');
    await this.channel?.tell({ say: 'abort', reason }).catch(() => undefined); // a dead connection ends it there too
    await this.ended.promise;
  }

  private decide(word: 'commit' | 'abort'): void {
    if (this.decision !== 'undecided') return;
    this.decision = word === 'commit' ? 'committed' : 'aborted';
    this.decided.resolve(word);
  }

  private async connect(): Promise<void> {
    const { request } = this;
    const hello = { migrationId: request.migrationId, token: request.token, kind: request.kind };
    this.channel = await connectToTarget(this.deps, request.dataAddress, request.targetHost, hello);
    await this.expect('welcome');
  }

  private async presyncDisk(): Promise<void> {
    this.enter(MigrationPhase.MIGRATION_PHASE_DISK);
    const started = performance.now();
    const layer = this.deps.instances.writableLayer(this.record.spec.id);
    this.disk = new DiskSender(layer, this.channel!, new Throttle(this.request.bandwidthBytesPerSecond), () =>
      this.diskMoved(),
    );
    for (let pass = 0; pass < DISK_PASSES; pass++) {
      this.stopIfAborted();
      const before = this.disk.bytes;
      const sent = await this.disk.pass();
      if (this.disk.bytes > before) await this.expect('pass-done');
      if (pass > 0 && sent < FEW_PATHS) break;
      if (!this.live && pass === 0) break; // it is stopped: nothing changes
    }
    this.time('disk', started);
  }

  private disk!: DiskSender;

  private diskMoved(): void {
    this.progress.diskBytesProcessed = this.disk.bytes;
    this.progress.diskBytesTotal = this.disk.bytes;
  }

  private async moveCold(): Promise<void> {
    await this.channel!.tell({ say: 'restore', timeoutMs: this.request.switchTimeoutMs, neighbours: [] });
    await this.expect('restored');
    this.record.commitDeadline = Date.now() + this.request.switchTimeoutMs;
    this.enter(MigrationPhase.MIGRATION_PHASE_AWAIT_COMMIT);
    await this.records.keep(this.record);
    if ((await this.decided.promise) === 'abort') throw new MoveFailure('aborted', this.abortReason);
    await this.deps.instances.commitOutgoing(this.record.spec.id);
    this.enter(MigrationPhase.MIGRATION_PHASE_COMPLETED);
    await this.records.keep(this.record);
  }

  private async moveLive(): Promise<void> {
    const { channel } = this;
    await makeMoveDirectory(this.deps.runDirectory, this.record.migrationId);
    this.link = await ScriptLink.create(this.directory);
    await channel!.tell({ say: 'arm' });
    await Promise.all([this.expect('armed'), this.redirect.arm()]);
    this.neighbours = await readNeighbours(await this.deps.instances.initPid(this.record.spec.id));
    this.stopIfAborted();
    this.enter(MigrationPhase.MIGRATION_PHASE_FREEZE);
    const images = new ImageStream(join(this.directory, 'images'), channel!);
    const started = performance.now();
    const dump = this.startDump();
    try {
      await this.dumpAndSend(images, dump, started);
      const word = await this.awaitAnswer();
      await this.conclude(word, dump);
    } catch (error) {
      this.link.answer('abort');
      this.decide('abort');
      const back = Promise.race([this.link.when('uncut'), dump]).then(() => this.redirect.giveBack());
      back.catch(() => undefined); // fail() awaits the same
      await dump;
      throw error;
    } finally {
      await images.close();
    }
  }

  private startDump(): Promise<number> {
    const { spec } = this.record;
    const out = openSync(join(this.directory, 'lxc.log'), 'a', 0o600);
    const args = ['-s', '-n', spec.id, '-P', this.deps.instances.lxcPath, '-D', join(this.directory, 'images')];
    const child = spawn('lxc-checkpoint', args, {
      env: moveEnvironment(
        this.directory,
        'source',
        spec.nics.map((nic) => hostVethName(nic.portId)),
        spec.nics.map((nic) => this.deps.network.bridgeName(nic.networkId)),
      ),
      stdio: ['ignore', out, out],
      detached: true, // it lives on when the agent does not
    });
    closeSync(out);
    return new Promise((resolve, reject) => {
      child.on('error', reject);
      child.on('exit', (code) => resolve(code ?? 255));
    });
  }

  private async dumpAndSend(images: ImageStream, dump: Promise<number>, started: number): Promise<void> {
    const failed = dump.then(async (status) => {
      const tail = await logTail(this.directory, 'dump.log');
      const reason = tail.findLast((line) => line.includes('Error')) ?? `lxc-checkpoint -s ended with ${status}`;
      throw new MoveFailure('dump', reason, tail);
    });
    failed.catch(() => undefined); // also looked at when nobody races it
    const cut = await Promise.race([this.link!.when('cut'), failed]);
    this.progress.timingsMs.freeze = cut - started;
    this.frozenAt = cut;
    this.enter(MigrationPhase.MIGRATION_PHASE_DUMP);
    await this.redirect.cut();
    this.link!.answer('go');
    // Every task is seized before the NIC is cut: the disk is still from here on.
    const sent = this.disk.lastPass();
    sent.catch(() => undefined); // awaited below
    const before = this.disk.bytes;
    const dumped = await Promise.race([this.link!.when('dumped'), failed]);
    this.progress.timingsMs.dump = dumped - cut;
    this.enter(MigrationPhase.MIGRATION_PHASE_TRANSFER);
    await sent;
    await images.finish();
    if (this.disk.bytes > before) await Promise.race([this.expect('pass-done'), failed]);
    this.progress.memoryBytesTotal = this.progress.memoryBytesProcessed = images.bytes;
    this.time('transfer', dumped);
    this.enter(MigrationPhase.MIGRATION_PHASE_RESTORE);
    const restore = performance.now();
    const timeoutMs = this.request.switchTimeoutMs - (performance.now() - cut);
    await this.channel!.tell({ say: 'restore', timeoutMs, neighbours: this.neighbours });
    this.record.commitDeadline = Date.now() + timeoutMs;
    this.kept = this.records.keep({ ...this.record, progress: { ...this.progress, phase: AWAIT_COMMIT } });
    this.kept.catch(() => undefined); // awaited before the commit is asked for
    await Promise.race([this.expect('restored'), failed, this.tooLate(timeoutMs), this.aborted()]);
    this.time('restore', restore);
  }

  private frozenAt = 0;
  /** The record that a commit may follow: written while the target restores. */
  private kept: Promise<void> | undefined;
  private neighbours: Neighbour[] = [];

  private async tooLate(timeoutMs: number): Promise<never> {
    await sleep(Math.max(0, timeoutMs));
    throw new MoveFailure('restore', `the target had not restored it within ${this.request.switchTimeoutMs} ms`);
  }

  private async aborted(): Promise<never> {
    const word = await this.decided.promise;
    throw new MoveFailure('aborted', word === 'abort' ? this.abortReason : 'committed before it was restored');
  }

  /** Frozen until someone who may says whose the instance is. */
  private async awaitAnswer(): Promise<'commit' | 'abort'> {
    const left = this.record.commitDeadline! - Date.now();
    writeFileSync(join(this.directory, 'awaiting'), '');
    const asked = performance.now();
    await this.kept;
    this.enter(AWAIT_COMMIT);
    const late = new AbortController();
    void sleep(Math.max(0, left), late.signal).then(
      () => this.resolve(),
      () => undefined,
    );
    const word = await this.decided.promise;
    late.abort();
    this.time('commit', asked);
    return word;
  }

  private async resolve(): Promise<void> {
    for (let pause = 250; this.decision === 'undecided'; pause = Math.min(pause * 2, 10_000)) {
      const ownership = await this.deps.ownership(this.record.spec.id).catch(() => undefined); // asked again
      const decision = decideSwitch('source', this.record.nextEpoch, ownership);
      const { migrationId } = this.record;
      this.deps.logger.warn({ migrationId, ownership, decision }, 'switch without an answer');
      if (decision === 'commit') return this.decide('commit');
      if (decision === 'abort') {
        this.abortReason = 'the control plane gave no answer in time';
        await this.channel?.tell({ say: 'abort', reason: this.abortReason }).catch(() => undefined); // it asks by itself
        return this.decide('abort');
      }
      await sleep(pause);
    }
  }

  private async conclude(word: 'commit' | 'abort', dump: Promise<number>): Promise<void> {
    if (word === 'abort') throw new MoveFailure('aborted', this.abortReason);
    writeFileSync(join(this.directory, 'committed'), '');
    this.link!.answer('commit');
    this.enter(MigrationPhase.MIGRATION_PHASE_COMMITTED);
    await this.deps.instances.commitOutgoing(this.record.spec.id);
    await dump;
    // The net namespace of what was killed goes only later, and the veth with it; a move back would find its name taken.
    await ipBatchForce(this.record.spec.nics.map((nic) => `link del ${hostVethName(nic.portId)}`));
    this.channel!.close();
    this.link!.close();
    await rm(this.directory, { recursive: true, force: true });
    this.enter(MigrationPhase.MIGRATION_PHASE_COMPLETED);
    await this.records.keep(this.record);
  }

  private async fail(error: unknown): Promise<void> {
    const failure = error instanceof MoveFailure ? error : new MoveFailure(this.step(), messageOf(error));
    const byOrder = failure.step === 'aborted';
    this.decide('abort');
    await this.channel?.tell({ say: 'abort', reason: failure.message }).catch(() => undefined); // it sees the connection go
    this.channel?.close();
    try {
      await this.redirect.giveBack();
      if (this.frozenAt) await announce(await this.deps.instances.initPid(this.record.spec.id), this.record.spec.nics);
    } catch (problem) {
      this.deps.logger.error({ err: problem, migrationId: this.record.migrationId }, 'network not fully put back');
    }
    this.link?.close();
    await rm(this.directory, { recursive: true, force: true });
    Object.assign(this.progress, {
      failedStep: byOrder ? '' : failure.step,
      reason: failure.message,
      logTail: failure.logTail,
    });
    await this.records.forget(this.record.migrationId);
    this.enter(byOrder ? MigrationPhase.MIGRATION_PHASE_ABORTED : MigrationPhase.MIGRATION_PHASE_FAILED);
    this.ended.resolve();
  }

  private step(): string {
    return this.progress.phase.replace('MIGRATION_PHASE_', '').toLowerCase();
  }

  private stopIfAborted(): void {
    if (this.decision === 'aborted') throw new MoveFailure('aborted', this.abortReason);
  }

  private async expect<Say extends Message['say']>(say: Say): Promise<Extract<Message, { say: Say }>> {
    const frame = await this.channel!.receive();
    if (frame.type !== FrameType.message) throw new Error(`expected ${say} from the target`);
    const message = JSON.parse(frame.payload.toString()) as Message;
    if (message.say === 'failed') throw new MoveFailure(message.step, message.reason, message.logTail);
    if (message.say !== say) throw new Error(`expected ${say} from the target, it said ${message.say}`);
    return message as Extract<Message, { say: Say }>;
  }

  private enter(phase: MigrationPhase): void {
    this.progress.phase = phase;
    for (const listener of this.listeners) listener();
  }

  private time(part: string, since: number): void {
    this.progress.timingsMs[part] = Math.round((performance.now() - since) * 10) / 10;
  }

  /** After the target reports it running: what is left of it here. */
  static async release(deps: MigrationDeps, record: MigrationRecord): Promise<void> {
    const { spec } = record;
    if (record.targetVtep) await new Redirect(deps.network, spec.nics, record.targetVtep).remove();
    await deps.network.detach(spec.nics);
    await deps.instances.releaseOutgoing(spec.id);
    await removeStaleCgroups(deps.instances.cgroupDirectories(spec.id));
    await rm(moveDirectory(deps.runDirectory, record.migrationId), { recursive: true, force: true });
  }
}
