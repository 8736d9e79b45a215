import { messageOf } from '#libs/common/errors';
import type { InstancesDeps } from './instances-deps.js';
import { isMoving } from './lifecycle.js';
import type { Lifecycle } from './lifecycle.js';

/** What is and what should be are made the same, where no call asked for it. Comes between the calls for an instance. */
export class Reconciliation {
  constructor(
    private readonly deps: InstancesDeps,
    private readonly lifecycle: Lifecycle,
  ) {}

  /**
   * Looks at what is: one that should run and does not is stopped from now on, one that runs though it was not written
   * down (the agent died while it started it) is adopted. One that is fenced is settled by `release`.
   */
  refresh(id: string): Promise<void> {
    return this.deps.turns.take(id, async () => {
      const record = this.deps.records.find(id);
      if (!record || isMoving(record) || this.deps.fence.held.find(id)) return;
      const alive = (await this.deps.runtime.settledInitPid(id)) > 0;
      if (alive && record.state === 'stopped')
        this.lifecycle.changes.emit('unasked', await this.lifecycle.keep(record, 'running'));
      if (!alive && (record.state === 'running' || record.state === 'paused'))
        this.lifecycle.changes.emit('unasked', await this.lifecycle.keep(record, 'stopped', 'It ended by itself.'));
    });
  }

  /** It has ended: finds out whether that was asked for. One that asked for a reboot from inside is running after it. */
  ended(id: string, target: 'stop' | 'reboot'): Promise<void> {
    if (target === 'stop') return this.refresh(id);
    return this.deps.turns.take(id, async () => {
      const record = this.deps.records.find(id);
      if (record?.state !== 'running' || this.deps.fence.held.find(id)) return;
      if (await this.deps.runtime.settledInitPid(id)) return;
      // LXC begins again only what it started itself, not what CRIU restored.
      const stopped = await this.lifecycle.keep(record, 'stopped', 'It ended for a reboot that failed.');
      await this.lifecycle.start(this.deps.records.get(id)).catch((error: unknown) => {
        this.lifecycle.changes.emit('unasked', stopped);
        throw error;
      });
    });
  }

  /** It was another host's in between, and was given back: what this host tells of it is told under the present epoch. */
  own(id: string, epoch: number): Promise<void> {
    return this.deps.turns.take(id, async () => {
      const record = this.deps.records.find(id);
      if (record && !isMoving(record) && record.epoch < epoch) await this.deps.records.keep({ ...record, epoch });
    });
  }

  /** Invariant 2: owned by another host, or by nobody. It is stopped; its disk stays. */
  disown(id: string, reason: string): Promise<void> {
    return this.deps.turns.take(id, async () => {
      const record = this.deps.records.find(id);
      if (!record || isMoving(record)) return;
      if (record.state === 'stopped' && !(await this.deps.runtime.initPid(id))) return;
      this.deps.fence.killHeld(id);
      await this.deps.runtime.stop(id, 0);
      await this.lifecycle.keep(record, 'stopped', reason);
      this.deps.logger.warn({ instance: id, reason }, 'stopped: not owned');
    });
  }

  /**
   * It was fenced, the lease is held again and it is this host's: a frozen one goes on, one that was stopped starts again.
   * One that was paused lost what it was paused with, and is stopped.
   */
  release(id: string): Promise<void> {
    return this.deps.turns.take(id, async () => {
      const record = this.deps.records.find(id);
      if (record && isMoving(record)) return; // its move ends first
      const alive = (await this.deps.runtime.settledInitPid(id)) > 0;
      if (alive && record?.state !== 'paused') this.deps.fence.thaw(id);
      this.deps.fence.held.letGo(id);
      this.deps.logger.warn({ instance: id, alive }, 'no longer fenced');
      if (alive || !record || record.state === 'stopped') return;
      const stopped = await this.lifecycle.keep(record, 'stopped', 'Stopped: its host had lost its lease.');
      if (record.state === 'paused') return void this.lifecycle.changes.emit('unasked', stopped);
      await this.lifecycle.start(this.deps.records.get(id)).catch((error: unknown) => {
        this.lifecycle.changes.emit('unasked', stopped);
        this.failed(id, error);
      });
    });
  }

  /** For logs of failures that nobody waits for. */
  failed(id: string, error: unknown): void {
    this.deps.logger.error({ instance: id, reason: messageOf(error) }, 'look at the instance failed');
  }
}
