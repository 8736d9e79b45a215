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
import { mapsPagesLater } from '../memory/memory-mode.js';
import type { MemoryMode } from '#libs/agent-protocol/memory-modes';
import type { MigrationDeps } from '../movable-instances.js';
import { MoveFailure } from '../move-failure.js';
import type { BesideImages } from '../wire/messages.js';
import { NetworkOpening } from './network-opening.js';
import { isTransient } from '../criu/transient-failure.js';
import { openLoopback } from '../frames/syn-gate.js';
import { Restore } from '../criu/restore.js';
import { hasMoveFile } from '../move-files.js';

/** A restore that succeeded. */
export interface Restored {
  /** Why a second try was needed, empty when the first succeeded. */
  firstFailure: string;
  /** What CRIU does not restore and could not be put back. */
  notPut: string[];
}

interface Failed {
  /** Errors of CRIU's log, the first first. */
  cause: string;
  failure: MoveFailure;
}

/** The restore of one live move: buffers the instance's frames, restores it, and keeps its network closed until the commit. */
export class RestoreSession {
  private buffers: FrameBuffer[] = [];
  private restore: Restore | undefined;
  private opening: NetworkOpening | undefined;
  /** Takes back what this host does for the restore alone: userfaults allowed, the agent's priority raised. */
  private endPreparations: (() => Promise<void>) | undefined;
  private coming: Promise<Restored> | undefined;
  private memoryMode: MemoryMode = 'stop-and-copy';
  private off = false;
  private undone: Promise<void> | undefined;

  constructor(
    private readonly deps: MigrationDeps,
    private readonly spec: InstanceSpec,
    private readonly directory: string,
    /** Called when lxc-checkpoint ends after the instance was restored. */
    private readonly onEnd: () => Promise<void>,
  ) {}

  /** Whether a restored instance waits here for the commit. */
  get hasRestore(): boolean {
    return this.restore !== undefined;
  }

  /** Buffers the instance's frames from now on. */
  async bufferFrames(): Promise<void> {
    for (const nic of this.spec.nics) this.buffers.push(await FrameBuffer.create(this.deps.network, nic));
    for (const buffer of this.buffers) await buffer.startBuffering();
  }

  /** After a failed dump, armed: drops the frames that came in its freeze (the source has given them to the instance) and buffers on. */
  async forgetFrames(): Promise<void> {
    await this.removeBuffers();
    await this.bufferFrames();
    for (const buffer of this.buffers) buffer.arm();
  }

  /** Takes over the restore that an earlier agent started. The frames buffered by then are lost; peers send them again. */
  reopen(): void {
    this.restore = Restore.reopen(this.directory, this.spec.id, this.deps.instances);
    this.giveCgroups();
    this.watch(this.restore);
  }

  /** Starts the restore, which waits for its first image, and the processes that the commit needs. */
  async arm(memoryMode: MemoryMode): Promise<void> {
    await faultPoint('target.arming');
    this.memoryMode = memoryMode;
    this.restore = await Restore.arm(this.directory, this.spec, this.deps.instances, memoryMode);
    const disallow = mapsPagesLater(memoryMode) ? await allowUserfaults() : undefined;
    const restorePriority = raiseAgentPriority();
    this.endPreparations = async () => {
      restorePriority();
      await disallow?.();
    };
    this.opening = new NetworkOpening(this.deps.network, this.spec.nics);
    for (const buffer of this.buffers) buffer.arm();
  }

  /**
   * Resolves when the instance is restored and stopped before its first instruction; throws MoveFailure. After a transient
   * failure it tries once more with the same images, if `deadline` (wall clock, ms) leaves as much time as the first try took.
   */
  restoreStopped(beside: BesideImages, deadline: number): Promise<Restored> {
    this.coming = this.tryTwice(beside, deadline).finally(() => this.endPreparations?.());
    return this.coming;
  }

  /** After a failed commit: whether no task of the restored instance is left. */
  async hasDied(): Promise<boolean> {
    return !(await runningPid(this.deps.instances, this.spec.id));
  }

  /** Forgets the restored instance, which has died: only its disk is left. */
  forgetRestore(): void {
    this.restore?.close();
    this.restore = undefined;
  }

  /** Opens the network and lets the instance run; may be repeated. Resolves, with the restore, when frames reach it. */
  async resumeInstance(): Promise<{ ended: Promise<number>; timings(): Record<string, number> }> {
    const restore = this.restore!;
    const opening = this.opening ?? new NetworkOpening(this.deps.network, this.spec.nics);
    this.opening = undefined;
    await opening.fire(() => restore.commit());
    await Promise.all(this.buffers.map((buffer) => buffer.release()));
    return restore;
  }

  /** After a commit: removes the frame buffers and announces the instance's addresses. */
  async cleanUp(): Promise<void> {
    const initPid = this.restore ? await runningPid(this.deps.instances, this.spec.id) : 0;
    // First: connections of the instance to itself wait for it.
    if (initPid && hasMoveFile(this.directory, 'loopbackGate')) await openLoopback(initPid);
    await this.removeBuffers();
    this.restore?.close();
    if (initPid) await announce(initPid, this.spec.nics);
  }

  /** Ends the restore and kills what it made; resolves when nothing runs. After a failure it may be called again. */
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
    await this.coming?.catch(() => undefined); // its caller hears of it
    await this.endPreparations?.();
    await killRestore(this.directory); // also one that an earlier agent started
    await killTasks(this.deps.instances, this.spec.id);
    if (this.restore?.begun) await this.keepLog();
    this.restore?.close();
    this.opening?.disarm();
    await this.removeBuffers();
  }

  /** Saves CRIU's log below `failed-restores/`; returns its excerpt. */
  async keepLog(): Promise<string[]> {
    const verdict = await this.restore!.verdict();
    await keepBounded(this.keptLog, verdict);
    return verdict.excerpt;
  }

  private get keptLog(): string {
    return join(this.deps.stateDirectory, 'failed-restores', `${this.spec.id}.log`);
  }

  private async tryTwice(beside: BesideImages, deadline: number): Promise<Restored> {
    const started = Date.now();
    const first = await this.tryOnce(beside);
    if (!first) return { firstFailure: '', notPut: this.restore!.notPut };
    const again = Date.now() + (Date.now() - started) < deadline;
    if (this.off || !again || !isTransient(first.cause) || !(await this.clear())) throw first.failure;
    this.deps.logger.warn({ instanceId: this.spec.id, reason: first.failure.message }, 'restore tried once more');
    const second = await this.tryAgain(beside);
    if (second || this.off) throw (second ?? first).failure;
    return { firstFailure: first.failure.message, notPut: this.restore!.notPut };
  }

  private async tryAgain(beside: BesideImages): Promise<Failed | undefined> {
    const disallow = mapsPagesLater(this.memoryMode) ? await allowUserfaults() : undefined;
    try {
      this.restore = await Restore.arm(this.directory, this.spec, this.deps.instances, this.memoryMode);
      return this.off ? undefined : await this.tryOnce(beside);
    } finally {
      await disallow?.();
    }
  }

  /** Undefined when it has succeeded. */
  private async tryOnce(beside: BesideImages): Promise<Failed | undefined> {
    const restore = this.restore!;
    await faultPoint('target.restoring');
    if (await restore.go(beside, this.spec.nics)) {
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

  /** After a failed restore: removes all but its images. False when a process of it cannot be ended. */
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

  private async removeBuffers(): Promise<void> {
    await Promise.all(this.buffers.map((buffer) => buffer.remove()));
    this.buffers = [];
  }
}
