import { spawn } from 'node:child_process';
import { appendFileSync, closeSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { MigrationKind, MigrationPhase } from '#generated/lxstack/agent/v1/agent';
import type { NetworkForwarding } from '#generated/lxstack/agent/v1/agent';
import { sleep } from '#libs/common/clock';
import { ConflictError, messageOf } from '#libs/common/errors';
import { ArmedBatch } from '../network/commands.js';
import { removeLines } from '../network/forwarding.js';
import { hostVethName } from '../network/interface-names.js';
import { announce } from './announce.js';
import type { DataChannel } from './data-channel.js';
import { DiskReceiver } from './disk-transfer.js';
import { FrameType, decodeImageParts } from './frames.js';
import { Hold } from './hold.js';
import type { Message } from './messages.js';
import type { MigrationDeps } from './movable-instances.js';
import type { MigrationRecord, MigrationRecords } from './migration-record.js';
import { logTail, makeMoveDirectory, moveDirectory, moveEnvironment, removeStaleCgroups } from './move-directory.js';
import { setNeighbours } from './neighbours.js';
import type { Neighbour } from './neighbours.js';
import { nicLines } from './nic-lines.js';
import { ScriptLink } from './script-link.js';
import { decideSwitch } from './switch-decision.js';

/** The target's end of one migration. */
export class IncomingMove {
  private readonly receiver: DiskReceiver;
  private readonly directory: string;
  private holds: Hold[] = [];
  private link: ScriptLink | undefined;
  private restored: Promise<number> | undefined;
  private channel: DataChannel | undefined;
  private open: { ip: ArmedBatch; bridge: ArmedBatch } | undefined;
  private decision: 'undecided' | 'committed' | 'aborted' = 'undecided';
  private ended: Promise<void> | undefined;

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

  /** Everything that can be made before the source is asked to do anything. */
  async prepare(forwarding: readonly NetworkForwarding[]): Promise<void> {
    const { spec, nextEpoch, migrationId } = this.record;
    await this.deps.network.attach(spec);
    for (const { networkId, entries } of forwarding)
      await this.deps.network.setForwarding(networkId, entries, [], false);
    await this.deps.instances.prepareIncoming(spec, nextEpoch);
    await makeMoveDirectory(this.deps.runDirectory, migrationId);
    if (this.live) for (const nic of spec.nics) this.holds.push(await Hold.create(this.deps.network, nic));
    for (const hold of this.holds) await hold.catch();
    await this.records.keep(this.record);
  }

  /** Takes the source's connection; ends with it. A source that goes before the commit was asked for ends the move. */
  async serve(channel: DataChannel): Promise<void> {
    this.channel = channel;
    try {
      await channel.tell({ say: 'welcome' });
      for (;;) await this.take(channel);
    } catch (error) {
      await this.lost(messageOf(error));
    } finally {
      channel.close();
    }
  }

  /** The control plane has committed. Opens the network, lets it run; resolves when it runs. */
  async commit(): Promise<void> {
    if (this.decision === 'committed') return this.ended;
    if (this.decision === 'aborted' || this.record.progress.phase !== MigrationPhase.MIGRATION_PHASE_AWAIT_COMMIT)
      throw new ConflictError(`migration ${this.record.migrationId} is not waiting for a commit here`);
    this.decision = 'committed';
    this.ended = this.live ? this.letRun() : this.keepStopped();
    await this.ended;
  }

  /** Removes every trace; refused after the commit. */
  async abort(reason: string): Promise<void> {
    if (this.decision === 'committed')
      throw new ConflictError(`migration ${this.record.migrationId} has been committed`);
    if (this.decision === 'aborted') return this.ended;
    this.decision = 'aborted';
    this.ended = this.undo(reason);
    await this.ended;
  }

  private async take(channel: DataChannel): Promise<void> {
    const frame = await channel.receive();
    switch (frame.type) {
      case FrameType.disk:
        return this.receiver.write(frame.payload);
      case FrameType.image:
        return this.takeImages(frame.payload);
      case FrameType.message:
        return this.hear(channel, JSON.parse(frame.payload.toString()) as Message);
      default:
        throw new Error(`unexpected frame of type ${frame.type}`);
    }
  }

  /** Synchronous: a chunk is in the tmpfs sooner than a thread is. The directory was empty. */
  private takeImages(payload: Buffer): void {
    for (const { name, data } of decodeImageParts(payload))
      appendFileSync(join(this.directory, 'images', name), data, { mode: 0o644 });
  }

  private async hear(channel: DataChannel, message: Message): Promise<void> {
    switch (message.say) {
      case 'pass':
        return this.receiver.begin(message.removed, message.tar);
      case 'pass-end':
        await this.receiver.end();
        return channel.tell({ say: 'pass-done' });
      case 'arm':
        await this.arm();
        return channel.tell({ say: 'armed' });
      case 'restore':
        return this.restore(channel, message);
      case 'abort':
        return this.abort(message.reason);
      default:
        throw new Error(`unexpected message ${message.say}`);
    }
  }

  /** The restore is started and stands before its first image; what the commit needs is started too. */
  private async arm(): Promise<void> {
    const { spec } = this.record;
    await removeStaleCgroups(this.deps.instances.cgroupDirectories(spec.id));
    await writeFile(join(this.directory, 'nics'), nicLines(spec.nics, process.pid));
    this.link = await ScriptLink.create(this.directory);
    this.restored = this.startRestore();
    this.restored.then(
      (status) => this.restoreEnded(status),
      () => undefined,
    );
    this.open = { ip: new ArmedBatch('ip', false), bridge: new ArmedBatch('bridge') };
    for (const hold of this.holds) hold.arm();
    const ended = this.restored.then(async () => {
      throw new Error(`restore did not start: ${(await logTail(this.directory, 'restore.log')).join(' | ')}`);
    });
    await Promise.race([this.link.when('ready'), ended]);
  }

  private startRestore(): Promise<number> {
    const { spec } = this.record;
    const veths = spec.nics.map((nic) => hostVethName(nic.portId));
    const out = openSync(join(this.directory, 'lxc.log'), 'a', 0o600);
    const child = spawn(
      'lxc-checkpoint',
      ['-r', '-n', spec.id, '-P', this.deps.instances.lxcPath, '-D', join(this.directory, 'images')],
      {
        env: moveEnvironment(this.directory, 'target', veths),
        stdio: ['ignore', out, out],
        detached: true, // it lives on when the agent does not
      },
    );
    closeSync(out);
    return new Promise((resolve, reject) => {
      child.on('error', reject);
      child.on('exit', (code) => resolve(code ?? 255));
    });
  }

  private async restore(channel: DataChannel, message: Message & { say: 'restore' }): Promise<void> {
    const { progress } = this.record;
    this.record.commitDeadline = Date.now() + message.timeoutMs;
    if (this.live) {
      this.link!.answer('restore');
      const introduced = this.link!.when('namespaces').then(() => this.introduce(message.neighbours));
      introduced.catch(() => undefined); // awaited below
      const at = await Promise.race([this.link!.when('restored'), this.restored!.then(() => undefined)]);
      if (at === undefined || this.decision !== 'undecided') return; // restoreEnded() tells
      await introduced;
      writeFileSync(join(this.directory, 'awaiting'), '');
    }
    progress.phase = MigrationPhase.MIGRATION_PHASE_AWAIT_COMMIT;
    const kept = this.records.keep(this.record);
    await Promise.all([kept, channel.tell({ say: 'restored' })]);
    this.watchDeadline();
  }

  /** Beside the rest of the restore, once the NICs are there: a device without a carrier forgets its neighbours. */
  private async introduce(neighbours: readonly Neighbour[]): Promise<void> {
    const pid = Number(readFileSync(join(this.directory, 'pid'), 'utf8'));
    await setNeighbours(pid, neighbours, this.record.spec.nics);
  }

  private async restoreEnded(status: number): Promise<void> {
    if (this.decision !== 'undecided') return;
    const tail = await logTail(this.directory, 'restore.log');
    const reason = tail.findLast((line) => line.includes('Error')) ?? `lxc-checkpoint -r ended with ${status}`;
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

  private async letRun(): Promise<void> {
    const { spec, nextEpoch, progress } = this.record;
    const started = performance.now();
    writeFileSync(join(this.directory, 'committed'), '');
    await this.openNetwork();
    await Promise.all(this.holds.map((hold) => hold.release()));
    const opened = performance.now();
    await this.deps.instances.commitIncoming(spec.id, nextEpoch, 'running');
    progress.phase = MigrationPhase.MIGRATION_PHASE_COMMITTED;
    const status = await this.restored!;
    progress.timingsMs = { ...this.timings(), open: opened - started };
    if (status !== 0) {
      Object.assign(progress, {
        phase: MigrationPhase.MIGRATION_PHASE_FAILED,
        failedStep: 'resume',
        logTail: await logTail(this.directory, 'restore.log'),
      });
      await this.deps.instances.commitIncoming(spec.id, nextEpoch, 'stopped');
      throw new Error(`lxc-checkpoint -r ended with ${status} after the commit`);
    }
    progress.phase = MigrationPhase.MIGRATION_PHASE_COMPLETED;
    await this.records.keep(this.record);
    this.tidyUp().catch((error: unknown) =>
      this.deps.logger.error({ err: error, ...this.ids() }, 'move not tidied up'),
    );
  }

  /** What it sends finds its way from the first step on; what is kept for it needs the second. */
  private async openNetwork(): Promise<void> {
    const { nics } = this.record.spec;
    const { network } = this.deps;
    await this.open!.ip.fire(
      nics.map((nic) => `link set ${hostVethName(nic.portId)} master ${network.bridgeName(nic.networkId)}`),
    );
    this.link!.answer('commit');
    await this.open!.bridge.fire(
      nics.flatMap((nic) => [
        ...removeLines(network.vni(nic.networkId), nic.mac),
        `fdb replace ${nic.mac} dev ${hostVethName(nic.portId)} master dynamic`,
      ]),
    ).catch(() => undefined); // entries that are not there are no failure
    this.open = undefined;
  }

  private timings(): Record<string, number> {
    const at = (event: Parameters<ScriptLink['time']>[0]) => this.link?.time(event) ?? 0;
    return {
      restoreNamespaces: at('namespaces'),
      restoreSockets: at('sockets') - at('namespaces'),
      restoreResume: at('restored') - at('sockets'),
    };
  }

  private async keepStopped(): Promise<void> {
    await this.deps.instances.commitIncoming(this.instanceId, this.record.nextEpoch, 'stopped');
    this.record.progress.phase = MigrationPhase.MIGRATION_PHASE_COMPLETED;
    await this.records.keep(this.record);
    await this.tidyUp();
  }

  /** After a commit: what only the move needed goes. */
  private async tidyUp(): Promise<void> {
    const { nics } = this.record.spec;
    for (const nic of nics) await this.deps.network.claimMac(nic);
    if (this.live) await announce(await this.deps.instances.initPid(this.instanceId), nics);
    await Promise.all(this.holds.map((hold) => hold.remove()));
    this.holds = [];
    this.link?.close();
    await rm(this.directory, { recursive: true, force: true });
  }

  private async undo(reason: string): Promise<void> {
    const { spec, progress } = this.record;
    this.link?.answer('abort');
    if (this.restored) await Promise.race([this.restored, sleep(10_000)]);
    this.open?.ip.disarm();
    this.open?.bridge.disarm();
    await Promise.all(this.holds.map((hold) => hold.remove()));
    this.holds = [];
    await this.receiver.end().catch(() => undefined); // its disk goes anyway
    await this.deps.instances.discardIncoming(spec.id);
    await this.deps.network.detach(spec.nics);
    await removeStaleCgroups(this.deps.instances.cgroupDirectories(spec.id));
    this.link?.close();
    await rm(this.directory, { recursive: true, force: true });
    Object.assign(progress, { phase: MigrationPhase.MIGRATION_PHASE_ABORTED, reason });
    await this.records.forget(this.record.migrationId);
    this.deps.logger.info({ ...this.ids(), reason }, 'move aborted at the target');
  }

  /** Before the commit is asked for nobody can have committed: undo. After, only an answer ends it. */
  private async lost(reason: string): Promise<void> {
    if (this.decision !== 'undecided') return;
    if (this.record.progress.phase !== MigrationPhase.MIGRATION_PHASE_AWAIT_COMMIT) await this.abort(reason);
  }

  private watchDeadline(): void {
    const left = (this.record.commitDeadline ?? 0) - Date.now();
    void sleep(Math.max(0, left)).then(() => this.resolve());
  }

  /** No answer came in time: the control plane knows. Never runs without a commit. */
  async resolve(): Promise<void> {
    for (let pause = 250; this.decision === 'undecided'; pause = Math.min(pause * 2, 10_000)) {
      const ownership = await this.deps.ownership(this.instanceId).catch(() => undefined); // asked again
      const decision = decideSwitch('target', this.record.nextEpoch, ownership);
      if (this.decision !== 'undecided') return;
      if (decision === 'commit') return this.commit();
      if (decision === 'abort') return this.abort('no commit came in time');
      await sleep(pause);
    }
  }

  private ids() {
    return { migrationId: this.record.migrationId, instanceId: this.instanceId };
  }
}
