import { EventEmitter } from 'node:events';
import { InstanceState } from '#generated/lxstack/agent/v1/types';
import type { Call, InstanceSpec, InstanceStatus } from '#generated/lxstack/agent/v1/types';
import { ConflictError, messageOf } from '#libs/common/errors';
import type { Logger } from '#libs/common/logger';
import type { Fence } from '../fence/fence.js';
import { imagePlaceOf } from '../images/id-maps.js';
import type { ImageCache } from '../images/image-cache.js';
import { makeFolder } from './folder.js';
import type { HostNetwork } from '../network/network.js';
import type { Runtime } from '../runtime/runtime.js';
import { nextEpoch } from '../state/epoch.js';
import type { InstanceRecord, InstanceRecords, RecordedState } from '../state/instance-record.js';
import type { Turns } from '../state/turns.js';
import type { StorageDriver } from '../storage/storage-driver.js';
import { resizeHere } from './same-host-resize.js';

export interface InstancesDeps {
  records: InstanceRecords;
  runtime: Runtime;
  storage: StorageDriver;
  images: ImageCache;
  network: HostNetwork;
  /** By instance: whatever reads and writes its record. */
  turns: Turns;
  fence: Pick<Fence, 'held' | 'requireLease' | 'thaw' | 'killHeld'>;
  logger: Logger;
}

const STATES: Record<RecordedState, InstanceState> = {
  stopped: InstanceState.INSTANCE_STATE_STOPPED,
  running: InstanceState.INSTANCE_STATE_RUNNING,
  paused: InstanceState.INSTANCE_STATE_PAUSED,
  incoming: InstanceState.INSTANCE_STATE_INCOMING,
  outgoing: InstanceState.INSTANCE_STATE_OUTGOING,
  broken: InstanceState.INSTANCE_STATE_BROKEN,
};

/** The instances of this host. Calls for one instance come one after the other; each is idempotent. */
export class Instances {
  /** `change` with each new status; `unasked` with those that no call asked for. */
  readonly changes = new EventEmitter<{ change: [InstanceStatus]; unasked: [InstanceStatus] }>();
  private readonly turns: Turns;

  constructor(private readonly deps: InstancesDeps) {
    this.turns = deps.turns;
    this.changes.setMaxListeners(100);
  }

  async status(id: string): Promise<InstanceStatus> {
    const { epoch, state, reason } = this.deps.records.get(id);
    const alive = state === 'running' || state === 'paused';
    const initPid = alive ? await this.deps.runtime.initPid(id) : 0;
    return { id, epoch, state: STATES[state], initPid, reason, memoryBytesUsed: 0 };
  }

  create(call: Call | undefined, spec: InstanceSpec, start: boolean): Promise<InstanceStatus> {
    return this.turns.take(spec.id, async () => {
      let record = this.deps.records.find(spec.id);
      if (record && (call?.epoch ?? 0) > record.epoch) {
        // It was owned elsewhere meanwhile (evacuated and back): this copy is of a time that is over.
        await this.removeAll(record);
        record = undefined;
      }
      if (record) nextEpoch(spec.id, call?.epoch ?? 0, record.epoch);
      else record = await this.make(spec, call?.epoch ?? 0);
      return start && record.state === 'stopped' ? this.startNow(record) : this.status(spec.id);
    });
  }

  start(call: Call | undefined, id: string): Promise<InstanceStatus> {
    return this.change(call, id, async (record) =>
      record.state === 'running' ? this.status(id) : this.startNow(record),
    );
  }

  stop(call: Call | undefined, id: string, timeoutSeconds: number): Promise<InstanceStatus> {
    return this.change(call, id, (record) => this.stopNow(record, timeoutSeconds));
  }

  reboot(call: Call | undefined, id: string, timeoutSeconds: number): Promise<InstanceStatus> {
    return this.change(call, id, async (record) => {
      await this.stopNow(record, timeoutSeconds);
      return this.startNow(this.deps.records.get(id));
    });
  }

  pause(call: Call | undefined, id: string): Promise<InstanceStatus> {
    return this.change(call, id, async (record) => {
      if (record.state === 'paused') return this.status(id);
      this.require(record, 'running');
      await this.deps.runtime.pause(id);
      return this.keep(record, 'paused');
    });
  }

  unpause(call: Call | undefined, id: string): Promise<InstanceStatus> {
    return this.change(call, id, async (record) => {
      if (record.state === 'running') return this.status(id);
      this.require(record, 'paused');
      this.deps.fence.requireLease(id);
      await this.deps.runtime.unpause(id);
      return this.keep(record, 'running');
    });
  }

  /** What an agent that died while making or deleting it left behind goes too. `first`: once the call's epoch is accepted. */
  delete(call: Call | undefined, id: string, first = async () => {}): Promise<void> {
    return this.turns.take(id, async () => {
      const record = this.deps.records.find(id);
      if (record) {
        const accepted = await this.accept(call, record);
        await first();
        return this.removeAll(accepted);
      }
      await this.deps.storage.delete(id);
      await this.deps.records.forget(id);
    });
  }

  rebuild(call: Call | undefined, spec: InstanceSpec): Promise<InstanceStatus> {
    return this.change(call, spec.id, async (record) => {
      const ran = record.state === 'running';
      this.deps.runtime.check(spec);
      await this.stopNow(record, 0);
      await this.deps.storage.delete(spec.id);
      const rebuilt = { ...this.deps.records.get(spec.id), spec };
      await this.withDisk(spec, () => this.deps.records.keep(rebuilt));
      return ran ? this.startNow(rebuilt) : this.status(spec.id);
    });
  }

  /** A resize on this host; see same-host-resize.ts. */
  resize(call: Call | undefined, migrationId: string, spec: InstanceSpec): Promise<InstanceStatus> {
    return this.change(call, spec.id, async (record) => {
      await resizeHere(this.deps, record, migrationId, spec);
      return this.status(spec.id);
    });
  }

  /** Takes effect at the next start. */
  update(call: Call | undefined, spec: InstanceSpec): Promise<InstanceStatus> {
    return this.change(call, spec.id, async (record) => {
      this.deps.runtime.check(spec);
      await this.deps.storage.limitDisk(spec.id, spec.limits?.diskBytes ?? 0);
      return this.keep({ ...record, spec }, record.state);
    });
  }

  /**
   * Looks at what is: one that should run and does not is stopped from now on, one that runs though it was not written
   * down (the agent died while it started it) is adopted. One that is fenced is settled by `release`.
   */
  refresh(id: string): Promise<void> {
    return this.turns.take(id, async () => {
      const record = this.deps.records.find(id);
      if (!record || isMoving(record) || this.deps.fence.held.find(id)) return;
      const alive = (await this.deps.runtime.settledInitPid(id)) > 0;
      if (alive && record.state === 'stopped') this.changes.emit('unasked', await this.keep(record, 'running'));
      if (!alive && (record.state === 'running' || record.state === 'paused'))
        this.changes.emit('unasked', await this.keep(record, 'stopped', 'It ended by itself.'));
    });
  }

  /** It has ended: finds out whether that was asked for. One that asked for a reboot from inside is running after it. */
  ended(id: string, target: 'stop' | 'reboot'): Promise<void> {
    if (target === 'stop') return this.refresh(id);
    return this.turns.take(id, async () => {
      const record = this.deps.records.find(id);
      if (record?.state !== 'running' || this.deps.fence.held.find(id)) return;
      if (await this.deps.runtime.settledInitPid(id)) return;
      // LXC begins again only what it started itself, not what CRIU restored.
      const stopped = await this.keep(record, 'stopped', 'It ended for a reboot that failed.');
      await this.startNow(this.deps.records.get(id)).catch((error: unknown) => {
        this.changes.emit('unasked', stopped);
        throw error;
      });
    });
  }

  /** Invariant 2: owned by another host, or by nobody. It is stopped; its disk stays. */
  disown(id: string, reason: string): Promise<void> {
    return this.turns.take(id, async () => {
      const record = this.deps.records.find(id);
      if (!record || isMoving(record)) return;
      if (record.state === 'stopped' && !(await this.deps.runtime.initPid(id))) return;
      this.deps.fence.killHeld(id);
      await this.deps.runtime.stop(id, 0);
      await this.keep(record, 'stopped', reason);
      this.deps.logger.warn({ instance: id, reason }, 'stopped: not owned');
    });
  }

  /**
   * It was fenced, the lease is held again and it is this host's: a frozen one goes on, one that was stopped starts again.
   * One that was paused lost what it was paused with, and is stopped.
   */
  release(id: string): Promise<void> {
    return this.turns.take(id, async () => {
      const record = this.deps.records.find(id);
      if (record && isMoving(record)) return; // its move ends first
      const alive = (await this.deps.runtime.settledInitPid(id)) > 0;
      if (alive && record?.state !== 'paused') this.deps.fence.thaw(id);
      this.deps.fence.held.letGo(id);
      this.deps.logger.warn({ instance: id, alive }, 'no longer fenced');
      if (alive || !record || record.state === 'stopped') return;
      const stopped = await this.keep(record, 'stopped', 'Stopped: its host had lost its lease.');
      if (record.state === 'paused') return void this.changes.emit('unasked', stopped);
      await this.startNow(this.deps.records.get(id)).catch((error: unknown) => {
        this.changes.emit('unasked', stopped);
        this.failed(id, error);
      });
    });
  }

  private change<T>(call: Call | undefined, id: string, work: (record: InstanceRecord) => Promise<T>): Promise<T> {
    return this.turns.take(id, async () => work(await this.accept(call, this.deps.records.get(id))));
  }

  /** A newer epoch is on the disk before anything is done by it (invariant 2). Throws StaleEpochError. */
  private async accept(call: Call | undefined, record: InstanceRecord): Promise<InstanceRecord> {
    const epoch = nextEpoch(record.spec.id, call?.epoch ?? 0, record.epoch);
    if (epoch > record.epoch) await this.deps.records.keep({ ...record, epoch });
    return this.deps.records.get(record.spec.id);
  }

  private make(spec: InstanceSpec, epoch: number): Promise<InstanceRecord> {
    return this.withDisk(spec, async () => {
      const record = { spec, epoch, state: 'stopped' as const, reason: '' };
      await this.deps.records.keep(record); // before the start: whatever runs is known
      return record;
    });
  }

  private async removeAll({ spec }: InstanceRecord): Promise<void> {
    this.deps.fence.killHeld(spec.id);
    await this.deps.runtime.stop(spec.id, 0);
    await this.deps.network.detach(spec.nics);
    await this.deps.storage.delete(spec.id);
    await this.deps.records.forget(spec.id);
    await this.deps.images.dropOwn(spec);
    this.deps.fence.held.letGo(spec.id);
  }

  private require(record: InstanceRecord, state: RecordedState): void {
    if (record.state !== state) throw new ConflictError(`instance ${record.spec.id} is ${record.state}, not ${state}`);
  }

  /** Makes its disk, then writes down what `keep` says: the image cannot be evicted in between. */
  private async withDisk<T>(spec: InstanceSpec, keep: () => Promise<T>): Promise<T> {
    this.deps.runtime.check(spec);
    await makeFolder(this.deps.records.folder(spec.id), spec);
    return this.deps.images.use(spec, async (place) => {
      await this.deps.storage.clone(spec.id, place);
      await this.deps.storage.limitDisk(spec.id, spec.limits?.diskBytes ?? 0);
      return keep();
    });
  }

  private async startNow(record: InstanceRecord): Promise<InstanceStatus> {
    const { spec } = record;
    this.require(record, 'stopped');
    this.deps.fence.requireLease(spec.id);
    const begun = performance.now();
    await Promise.all([this.deps.storage.mount(spec.id, imagePlaceOf(spec)), this.deps.network.attach(spec)]);
    const bridges = new Map(spec.nics.map((nic) => [nic.networkId, this.deps.network.bridgeName(nic.networkId)]));
    await this.deps.runtime.configure(spec, this.deps.storage.rootfs(spec.id), bridges);
    const ready = performance.now();
    await this.deps.runtime.start(spec.id);
    const started = performance.now();
    const status = await this.keep(record, 'running');
    const timing = { ready: ready - begun, start: started - ready, keep: performance.now() - started };
    this.deps.logger.info({ instance: spec.id, ms: timing }, 'started');
    return status;
  }

  private async stopNow(record: InstanceRecord, timeoutSeconds: number): Promise<InstanceStatus> {
    if (isMoving(record)) this.require(record, 'running');
    if (record.state === 'stopped' && !(await this.deps.runtime.initPid(record.spec.id)))
      return record.reason ? this.keep(record, 'stopped') : this.status(record.spec.id);
    this.deps.fence.killHeld(record.spec.id);
    if (record.state === 'paused') await this.deps.runtime.unpause(record.spec.id);
    await this.deps.runtime.stop(record.spec.id, timeoutSeconds);
    return this.keep(record, 'stopped');
  }

  private async keep(record: InstanceRecord, state: RecordedState, reason = ''): Promise<InstanceStatus> {
    await this.deps.records.keep({ ...record, state, reason });
    if (state === 'stopped') this.deps.fence.held.letGo(record.spec.id);
    const status = await this.status(record.spec.id);
    this.changes.emit('change', status);
    return status;
  }

  /** For logs of failures that nobody waits for. */
  failed(id: string, error: unknown): void {
    this.deps.logger.error({ instance: id, reason: messageOf(error) }, 'look at the instance failed');
  }
}

const isMoving = ({ state }: InstanceRecord): boolean => state === 'incoming' || state === 'outgoing';
