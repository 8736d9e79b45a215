import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Fence as FenceMessage } from '#generated/lxstack/agent/v1/control_plane';
import { ConflictError, messageOf } from '#libs/common/errors';
import type { Logger } from '#libs/common/logger';
import { UUID } from '#libs/common/names';
import { readOrder, removeOrder, writeOrder } from './fence-order.js';
import type { FenceOrder } from './fence-order.js';
import { Freezer } from './freezer.js';
import { GuardProcess } from './guard-process.js';
import { HeldInstances } from './held-instances.js';
import { uptimeMs } from './uptime.js';

interface FenceSettings {
  /** On a tmpfs: a disk that hangs must not keep anything from being fenced. */
  run: string;
  cgroup: string;
  /** The cgroup of an instance's processes; undefined where the runtime has none, and nothing can be fenced. */
  cgroupOf: (instanceId: string) => string | undefined;
  logger: Logger;
}

/**
 * The agent's side of fencing. The guard, a process that needs neither the agent nor the disk, freezes and then kills marked
 * instances once the host's lease has ended; the agent starts the guard and writes its order.
 */
export class Fence {
  readonly held: HeldInstances;
  private readonly directory: string;
  private readonly guard: GuardProcess;
  private readonly cgroups = new Freezer();
  private order: FenceOrder | undefined;
  private leaseEndsMs = 0;

  private constructor(private readonly settings: FenceSettings) {
    this.directory = join(settings.run, 'fence');
    mkdirSync(this.directory, { recursive: true, mode: 0o700 });
    this.held = new HeldInstances(this.directory);
    this.guard = new GuardProcess(this.directory, settings.cgroup);
    this.order = readOrder(this.directory);
    this.leaseEndsMs = this.order?.leaseEndsMs ?? 0;
  }

  /** Takes over from an earlier agent: keeps its promises, with a guard of this build. */
  static async open(settings: FenceSettings): Promise<Fence> {
    const fence = new Fence(settings);
    if (fence.order) await fence.startGuard();
    else fence.guard.end();
    return fence;
  }

  /** The guard's clock: ms since boot. */
  now(): number {
    return uptimeMs();
  }

  /** Whether this host holds its lease now. */
  hasLease(): boolean {
    return this.now() < this.leaseEndsMs;
  }

  /** What this host promises to fence: nothing when no guard runs. */
  promise(): FenceMessage | undefined {
    if (!this.order || !this.guard.isAlive()) return undefined;
    const { freezeSeconds, stopSeconds, instances } = this.order;
    return { freezeSeconds, stopSeconds, instanceIds: instances.map(({ id }) => id) };
  }

  /** A lease until `leaseEndsMs` (on the clock of `now`), and what is to be fenced after it. True where that is new. */
  async renewed(leaseEndsMs: number, wanted: FenceMessage | undefined): Promise<boolean> {
    const before = JSON.stringify(this.promise());
    this.leaseEndsMs = leaseEndsMs;
    const instances = (wanted?.instanceIds ?? []).flatMap((id) => this.guarded(id));
    if (!wanted || !instances.length) this.lift();
    else {
      const { freezeSeconds, stopSeconds } = wanted;
      this.order = { leaseEndsMs, freezeSeconds, stopSeconds, instances };
      writeOrder(this.directory, this.order);
      await this.keepGuard();
    }
    return JSON.stringify(this.promise()) !== before;
  }

  /** Replaces a guard that has died. */
  async keepGuard(): Promise<void> {
    if (this.order && !this.guard.isAlive()) await this.startGuard();
  }

  /** Throws ConflictError for a marked instance while there is no lease: it may be on its way to another host. */
  requireLease(instanceId: string): void {
    const marked = this.order?.instances.some(({ id }) => id === instanceId) || this.held.find(instanceId);
    if (marked && !this.hasLease())
      throw new ConflictError(`instance ${instanceId} is fenced: this host holds no lease at present`);
  }

  /** LXC knows nothing of the guard's freeze, so its own tools would not lift it. */
  thaw(instanceId: string): void {
    const cgroup = this.settings.cgroupOf(instanceId);
    if (cgroup) this.cgroups.thaw(cgroup);
  }

  /** Before LXC stops an instance that the guard has frozen: it would wait for frozen processes. */
  killHeld(instanceId: string): void {
    const cgroup = this.held.find(instanceId) && this.settings.cgroupOf(instanceId);
    if (cgroup) this.cgroups.kill(cgroup);
  }

  /** Without it nothing is promised, but the lease is worth holding all the same. */
  private async startGuard(): Promise<void> {
    try {
      await this.guard.restart();
    } catch (error) {
      this.settings.logger.error({ reason: messageOf(error) }, 'no guard: marked instances would not be fenced');
    }
  }

  private lift(): void {
    this.order = undefined;
    this.guard.end();
    removeOrder(this.directory);
  }

  private guarded(id: string): FenceOrder['instances'] {
    const cgroup = UUID.test(id) ? this.settings.cgroupOf(id) : undefined;
    return cgroup ? [{ id, cgroup }] : [];
  }
}
