import { messageOf } from '#libs/common/errors';
import type { InstancesDeps } from './instances-deps.js';
import { isMoving } from './lifecycle.js';
import type { Lifecycle } from './lifecycle.js';

const ENDED = 'It ended by itself.';

/** Makes records agree with what runs, where no call asked for a change. Takes the instance's turn. */
export class Reconciliation {
  constructor(
    private readonly deps: InstancesDeps,
    private readonly lifecycle: Lifecycle,
  ) {}

  /**
   * Corrects the record by what runs: an instance that has ended is recorded as stopped; one that runs without a record of it,
   * because the agent died while it started it, is recorded as running. Fenced ones are left to `release`. `ended`: LXC says
   * that its guest has ended, which a host that went down does not.
   */
  refresh(id: string, ended?: true): Promise<void> {
    return this.deps.turns.take(id, async () => {
      const record = this.deps.records.find(id);
      if (!record || isMoving(record) || this.deps.fence.held.find(id)) return;
      const alive = (await this.deps.runtime.settledInitPid(id)) > 0;
      if (alive && record.state === 'stopped')
        this.lifecycle.changes.emit('unasked', await this.lifecycle.keep(record, 'running'));
      if (!alive && (record.state === 'running' || record.state === 'paused'))
        this.lifecycle.changes.emit('unasked', await this.lifecycle.keep(record, 'stopped', ENDED, ended));
      // Somebody who looked has found it so before LXC could say why.
      if (!alive && ended && record.state === 'stopped' && record.reason === ENDED)
        await this.deps.records.keep({ ...record, ended });
    });
  }

  /** A container has ended: finds out whether somebody asked for that. A reboot from inside leaves it running. */
  ended(id: string, target: 'stop' | 'reboot'): Promise<void> {
    if (target === 'stop') return this.refresh(id, true);
    return this.deps.turns.take(id, async () => {
      const record = this.deps.records.find(id);
      if (record?.state !== 'running' || this.deps.fence.held.find(id)) return;
      if (await this.deps.runtime.settledInitPid(id)) return;
      // LXC reboots only what it started itself, not what CRIU restored.
      const stopped = await this.lifecycle.keep(record, 'stopped', 'It ended for a reboot that failed.');
      await this.lifecycle.start(this.deps.records.get(id)).catch((error: unknown) => {
        this.lifecycle.changes.emit('unasked', stopped);
        throw error;
      });
    });
  }

  /** The instance was given back to this host after it had been another's: takes over its present epoch. */
  own(id: string, epoch: number): Promise<void> {
    return this.deps.turns.take(id, async () => {
      const record = this.deps.records.find(id);
      if (record && !isMoving(record) && record.epoch < epoch) await this.deps.records.keep({ ...record, epoch });
    });
  }

  /** Invariant 2: stops an instance that another host or nobody owns. Its disk stays. */
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
   * Releases a fenced instance once the lease is held again and it is this host's: thaws a frozen one, starts a stopped one. A
   * paused one has lost its processes and stays stopped; so does an ephemeral one, which is deleted then.
   */
  release(id: string): Promise<void> {
    return this.deps.turns.take(id, async () => {
      const record = this.deps.records.find(id);
      if (record && isMoving(record)) return; // the move decides
      const alive = (await this.deps.runtime.settledInitPid(id)) > 0;
      if (alive && record?.state !== 'paused') this.deps.fence.thaw(id);
      this.deps.fence.held.letGo(id);
      this.deps.logger.warn({ instance: id, alive }, 'no longer fenced');
      if (alive || !record || record.state === 'stopped') return;
      const stopped = await this.lifecycle.keep(record, 'stopped', 'Stopped: its host had lost its lease.');
      if (record.state === 'paused' || record.spec.ephemeral)
        return void this.lifecycle.changes.emit('unasked', stopped);
      await this.lifecycle.start(this.deps.records.get(id)).catch((error: unknown) => {
        this.lifecycle.changes.emit('unasked', stopped);
        this.failed(id, error);
      });
    });
  }

  /** Logs the failure of work that nobody awaits. */
  failed(id: string, error: unknown): void {
    this.deps.logger.error({ instance: id, reason: messageOf(error) }, 'look at the instance failed');
  }
}
