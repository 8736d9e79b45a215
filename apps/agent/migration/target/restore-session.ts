import { join } from 'node:path';
import type { InstanceSpec } from '#generated/lxstack/agent/v1/types';
import { faultPoint } from '#libs/common/fault-point';
import { removeLinks } from '../../network/commands.js';
import { hostVethName } from '../../network/interface-names.js';
import { announce } from '../guest-network/announce.js';
import { giveCgroups } from '../criu/fixups/cgroup-owners.js';
import { killRestore, killTasks, runningPid } from '../criu/checkpoint-process.js';
import { keepBounded } from '../criu/criu-log.js';
import { FrameBuffer } from '../frames/frame-buffer.js';
import { raiseAgentPriority } from '../agent-priority.js';
import { allowUserfaults } from '../memory/lazy-pages.js';
import { mapsLater } from '../memory/memory-mode.js';
import type { MemoryMode } from '#libs/agent-protocol/memory-modes';
import type { MigrationDeps } from '../movable-instances.js';
import { MoveFailure } from '../move-failure.js';
import type { GuestNetwork } from '../guest-network/guest-network.js';
import { NetworkOpening } from './network-opening.js';
import { isTransient } from '../criu/transient-failure.js';
import { openLoopback } from '../frames/syn-gate.js';
import { Restore } from '../criu/restore.js';
import { hasMoveFile } from '../move-files.js';

/** Of one that succeeded: why it was tried twice, empty where once was enough. */
export interface Restored {
  firstFailure: string;
}

interface Failed {
  /** Errors of CRIU's log, the first first. */
  cause: string;
  failure: MoveFailure;
}

/** A running instance on its way in: its frames are held, its restore stands by, its network is closed until the commit. */
export class RestoreSession {
  private holds: FrameBuffer[] = [];
  private restore: Restore | undefined;
  private opening: NetworkOpening | undefined;
  /** Ends what this host did for the restore alone: userfaults, hurry. */
  private relax: (() => Promise<void>) | undefined;
  private coming: Promise<Restored> | undefined;
  private memoryMode: MemoryMode = 'stop-and-copy';
  private off = false;
  private undone: Promise<void> | undefined;

  constructor(
    private readonly deps: MigrationDeps,
    private readonly spec: InstanceSpec,
    private readonly directory: string,
    /** The restore has ended after all was restored: for the word, or without one. */
    private readonly onEnd: () => Promise<void>,
  ) {}

  /** Whether there is one to be let run. */
  get stands(): boolean {
    return this.restore !== undefined;
  }

  /** From now on the frames for it are kept here. */
  async hold(): Promise<void> {
    for (const nic of this.spec.nics) this.holds.push(await FrameBuffer.create(this.deps.network, nic));
    for (const hold of this.holds) await hold.catch();
  }

  /** What an agent before this one had started. What that held is sent again by the peers. */
  reopen(): void {
    this.restore = Restore.reopen(this.directory, this.spec.id, this.deps.instances);
    this.giveCgroups();
    this.watch(this.restore);
  }

  /** The restore is started and stands before its first image; what the commit needs is started too. */
  async arm(memoryMode: MemoryMode): Promise<void> {
    await faultPoint('target.arming');
    this.memoryMode = memoryMode;
    this.restore = await Restore.arm(this.directory, this.spec, this.deps.instances, memoryMode);
    const disallow = mapsLater(memoryMode) ? await allowUserfaults() : undefined;
    const calm = raiseAgentPriority();
    this.relax = async () => {
      calm();
      await disallow?.();
    };
    this.opening = new NetworkOpening(this.deps.network, this.spec.nics);
    for (const hold of this.holds) hold.arm();
  }

  /**
   * Resolves when all is restored and stands before its first instruction; throws MoveFailure. A failure that may pass is
   * met by a second try with the same images, where as much time as the first took is left before `deadline` (wall clock, ms).
   */
  comeToLife(network: GuestNetwork, deadline: number): Promise<Restored> {
    this.coming = this.tryTwice(network, deadline).finally(() => this.relax?.());
    return this.coming;
  }

  /** Where something after the commit has failed: there may be nothing left that could run. */
  async hasDied(): Promise<boolean> {
    return !(await runningPid(this.deps.instances, this.spec.id));
  }

  /** What was restored has died: there is its disk only. */
  bury(): void {
    this.restore?.close();
    this.restore = undefined;
  }

  /** Opens the network and lets it run; may be repeated. Resolves when frames reach it, with its restore's exit status and timings. */
  async letRun(): Promise<{ ended: Promise<number>; timings(): Record<string, number> }> {
    const restore = this.restore!;
    const opening = this.opening ?? new NetworkOpening(this.deps.network, this.spec.nics);
    this.opening = undefined;
    await opening.fire(() => restore.commit());
    await Promise.all(this.holds.map((hold) => hold.release()));
    return restore;
  }

  /** After a commit. */
  async settle(): Promise<void> {
    const initPid = this.restore ? await runningPid(this.deps.instances, this.spec.id) : 0;
    // First: its own connections wait for it.
    if (initPid && hasMoveFile(this.directory, 'loopbackGate')) await openLoopback(initPid);
    await this.removeHolds();
    this.restore?.close();
    if (initPid) await announce(initPid, this.spec.nics);
  }

  /** Nothing of it runs when this resolves, nor will. What fails may be tried again. */
  undo(): Promise<void> {
    this.undone ??= this.takeBack().catch((error: unknown) => {
      this.undone = undefined;
      throw error;
    });
    return this.undone;
  }

  private async takeBack(): Promise<void> {
    this.off = true;
    await this.restore?.abort();
    await this.coming?.catch(() => undefined); // told to who called
    await this.relax?.();
    await killRestore(this.directory); // of an agent before this one too
    await killTasks(this.deps.instances, this.spec.id);
    if (this.restore?.begun) await this.keepLog();
    this.restore?.close();
    this.opening?.disarm();
    await this.removeHolds();
  }

  /** Writes CRIU's log to where those of failed restores are kept; its excerpt. */
  async keepLog(): Promise<string[]> {
    const verdict = await this.restore!.verdict();
    await keepBounded(this.keptLog, verdict);
    return verdict.excerpt;
  }

  private get keptLog(): string {
    return join(this.deps.stateDirectory, 'failed-restores', `${this.spec.id}.log`);
  }

  private async tryTwice(network: GuestNetwork, deadline: number): Promise<Restored> {
    const started = Date.now();
    const first = await this.tryOnce(network);
    if (!first) return { firstFailure: '' };
    const again = Date.now() + (Date.now() - started) < deadline;
    if (this.off || !again || !isTransient(first.cause) || !(await this.clear())) throw first.failure;
    this.deps.logger.warn({ instanceId: this.spec.id, reason: first.failure.message }, 'restore tried once more');
    const second = await this.tryAgain(network);
    if (second || this.off) throw (second ?? first).failure;
    return { firstFailure: first.failure.message };
  }

  private async tryAgain(network: GuestNetwork): Promise<Failed | undefined> {
    const disallow = mapsLater(this.memoryMode) ? await allowUserfaults() : undefined;
    try {
      this.restore = await Restore.arm(this.directory, this.spec, this.deps.instances, this.memoryMode);
      return this.off ? undefined : await this.tryOnce(network);
    } finally {
      await disallow?.();
    }
  }

  /** Nothing where it has succeeded. */
  private async tryOnce(network: GuestNetwork): Promise<Failed | undefined> {
    const restore = this.restore!;
    await faultPoint('target.restoring');
    if (await restore.go(network, this.spec.nics)) {
      this.giveCgroups();
      this.watch(restore);
      return undefined;
    }
    const { cause, excerpt } = await restore.verdict();
    await this.keepLog();
    const what = cause || `lxc-checkpoint -r ended with ${await restore.ended}`;
    return {
      cause,
      failure: new MoveFailure('restore', `${what} (whole log at the target: ${this.keptLog})`, excerpt),
    };
  }

  /** After a restore that failed: only its images stay. False where something of it cannot be ended. */
  private async clear(): Promise<boolean> {
    await killRestore(this.directory);
    if (!(await killTasks(this.deps.instances, this.spec.id))) return false;
    await removeLinks(this.spec.nics.map((nic) => hostVethName(nic.portId)));
    await this.restore!.clear();
    return true;
  }

  private watch(restore: Restore): void {
    restore.ended
      .then(() => this.onEnd())
      .catch((error: unknown) =>
        this.deps.logger.error({ err: error, instanceId: this.spec.id }, 'restore not followed'),
      );
  }

  private giveCgroups(): void {
    giveCgroups(this.deps.instances.cgroupDirectories(this.spec.id)[1]!);
  }

  private async removeHolds(): Promise<void> {
    await Promise.all(this.holds.map((hold) => hold.remove()));
    this.holds = [];
  }
}
