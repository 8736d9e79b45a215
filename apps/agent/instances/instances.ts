import type { Call, InstanceSpec, InstanceStatus } from '#generated/lxstack/agent/v1/types';
import { messageOf } from '#libs/common/errors';
import { nextEpoch } from '../state/epoch.js';
import type { InstanceRecord } from '../state/instance-record.js';
import type { InstancesDeps } from './instances-deps.js';
import type { Lifecycle } from './lifecycle.js';
import { resizeHere } from './same-host-resize.js';

/** Carries out the control plane's calls on instances of this host. Calls for one instance run one at a time; each is idempotent. */
export class Instances {
  constructor(
    private readonly deps: InstancesDeps,
    private readonly lifecycle: Lifecycle,
  ) {}

  /**
   * Makes the instance and, with `start`, starts it. `keepsOwner`: a shared disk stays the other host's before the
   * start.
   */
  create(call: Call | undefined, spec: InstanceSpec, start: boolean, keepsOwner = false): Promise<InstanceStatus> {
    return this.deps.turns.take(spec.id, async () => {
      let record = this.deps.records.find(spec.id);
      if (record && (call?.epoch ?? 0) > record.epoch) {
        // The instance was evacuated and comes back: this host's copy is outdated.
        await this.lifecycle.remove(record);
        record = undefined;
      }
      if (record) nextEpoch(spec.id, call?.epoch ?? 0, record.epoch);
      else record = await this.lifecycle.make(spec, call?.epoch ?? 0, keepsOwner);
      return start && record.state === 'stopped' ? this.lifecycle.start(record) : this.lifecycle.status(spec.id);
    });
  }

  /** Starts the instance; running already is a success. `unlessEnded`: one that its guest has ended stays stopped. */
  start(call: Call | undefined, id: string, unlessEnded = false): Promise<InstanceStatus> {
    return this.change(call, id, async (record) => {
      const stays = record.state === 'running' || (unlessEnded && record.state === 'stopped' && record.ended);
      return stays ? this.lifecycle.status(id) : this.lifecycle.start(record);
    });
  }

  /** Shuts the instance down, and kills it after `timeoutSeconds`. */
  stop(call: Call | undefined, id: string, timeoutSeconds: number): Promise<InstanceStatus> {
    return this.change(call, id, async (record) => {
      const status = await this.lifecycle.stop(record, timeoutSeconds);
      await this.deps.storage.adopt(id);
      return status;
    });
  }

  /** Stops the instance as `stop` does, then starts it. */
  reboot(call: Call | undefined, id: string, timeoutSeconds: number): Promise<InstanceStatus> {
    return this.change(call, id, async (record) => {
      await this.lifecycle.stop(record, timeoutSeconds);
      return this.startOrTell(this.deps.records.get(id));
    });
  }

  /** Freezes the instance's processes. */
  pause(call: Call | undefined, id: string): Promise<InstanceStatus> {
    return this.change(call, id, async (record) => {
      if (record.state === 'paused') return this.lifecycle.status(id);
      this.lifecycle.require(record, 'running');
      await this.deps.runtime.pause(id);
      return this.lifecycle.keep(record, 'paused');
    });
  }

  /** Thaws the instance's processes. */
  unpause(call: Call | undefined, id: string): Promise<InstanceStatus> {
    return this.change(call, id, async (record) => {
      if (record.state === 'running') return this.lifecycle.status(id);
      this.lifecycle.require(record, 'paused');
      this.deps.fence.requireLease(id);
      await this.deps.runtime.unpause(id);
      return this.lifecycle.keep(record, 'running');
    });
  }

  /**
   * Deletes the instance, and what an agent that died while making or deleting it left. `first` runs once the call's
   * epoch is accepted.
   */
  delete(call: Call | undefined, id: string, first = async () => {}): Promise<void> {
    return this.deps.turns.take(id, async () => {
      const record = this.deps.records.find(id);
      if (record) {
        const accepted = await this.accept(call, record);
        await first();
        return this.lifecycle.remove(accepted);
      }
      await this.deps.storage.delete(id);
      await this.deps.records.forget(id);
    });
  }

  /** Makes the root anew. Removes the old disk only when the new image is on this host. */
  rebuild(call: Call | undefined, spec: InstanceSpec): Promise<InstanceStatus> {
    return this.change(call, spec.id, async (record) => {
      const ran = record.state === 'running';
      this.deps.runtime.check(spec);
      const rebuilt = await this.deps.images.use(spec, async () => {
        await this.lifecycle.stop(record, 0);
        await this.deps.storage.delete(spec.id);
        const stopped = { ...this.deps.records.get(spec.id), spec };
        await this.lifecycle.withDisk(spec, () => this.deps.records.keep(stopped));
        return stopped;
      });
      return ran ? this.startOrTell(rebuilt) : this.lifecycle.status(spec.id);
    });
  }

  /** Resizes on this host; see same-host-resize.ts. */
  resize(call: Call | undefined, migrationId: string, spec: InstanceSpec): Promise<InstanceStatus> {
    return this.change(call, spec.id, async (record) => {
      await resizeHere(this.deps, record, migrationId, spec);
      return this.lifecycle.status(spec.id);
    });
  }

  /**
   * Writes the new spec, which takes effect at the next start. The disk stays on the image it was made from, whatever
   * the spec names.
   */
  update(call: Call | undefined, spec: InstanceSpec): Promise<InstanceStatus> {
    return this.change(call, spec.id, async (record) => {
      this.deps.runtime.check(spec);
      await this.deps.storage.limitDisk(spec.id, spec.limits?.diskBytes ?? 0);
      return this.lifecycle.keep({ ...record, spec: { ...spec, image: record.spec.image } }, record.state);
    });
  }

  /**
   * Starts an instance that ran before the call; where that fails, records it as stopped and tells so, because the
   * control plane believes that it runs.
   */
  private async startOrTell(record: InstanceRecord): Promise<InstanceStatus> {
    try {
      return await this.lifecycle.start(record);
    } catch (error) {
      const reason = `It did not start again: ${messageOf(error)}`;
      this.lifecycle.changes.emit('unasked', await this.lifecycle.keep(record, 'stopped', reason));
      throw error;
    }
  }

  private change<T>(call: Call | undefined, id: string, work: (record: InstanceRecord) => Promise<T>): Promise<T> {
    return this.deps.turns.take(id, async () => work(await this.accept(call, this.deps.records.get(id))));
  }

  /** Writes a newer epoch to the disk before anything is done under it (invariant 2). Throws StaleEpochError. */
  private async accept(call: Call | undefined, record: InstanceRecord): Promise<InstanceRecord> {
    const epoch = nextEpoch(record.spec.id, call?.epoch ?? 0, record.epoch);
    if (epoch > record.epoch) await this.deps.records.keep({ ...record, epoch });
    return this.deps.records.get(record.spec.id);
  }
}
