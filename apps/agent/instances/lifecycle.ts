import { EventEmitter } from 'node:events';
import pLimit from 'p-limit';
import { InstanceState } from '#generated/lxstack/agent/v1/types';
import type { InstanceSpec, InstanceStatus } from '#generated/lxstack/agent/v1/types';
import { ConflictError } from '#libs/common/errors';
import { imagePlaceOf } from '../images/id-maps.js';
import type { InstanceRecord, RecordedState } from '../state/instance-record.js';
import { writeConfigDrive } from '../metadata/config-drive.js';
import { requireInit } from './guest-init.js';
import { makeFolder } from './instance-folder.js';
import type { InstancesDeps } from './instances-deps.js';

const STATES: Record<RecordedState, InstanceState> = {
  stopped: InstanceState.INSTANCE_STATE_STOPPED,
  running: InstanceState.INSTANCE_STATE_RUNNING,
  paused: InstanceState.INSTANCE_STATE_PAUSED,
  incoming: InstanceState.INSTANCE_STATE_INCOMING,
  outgoing: InstanceState.INSTANCE_STATE_OUTGOING,
  broken: InstanceState.INSTANCE_STATE_BROKEN,
};

/** Each look at a running instance may start a process. */
const LOOKED_AT_ONCE = 32;

/**
 * Makes, starts, stops and removes instances, keeps their records and tells of changes. The caller must hold the
 * instance's turn.
 */
export class Lifecycle {
  /** `change` for each new status; `unasked` for those that no call asked for. */
  readonly changes = new EventEmitter<{ change: [InstanceStatus]; unasked: [InstanceStatus] }>();

  constructor(private readonly deps: InstancesDeps) {
    this.changes.setMaxListeners(100);
  }

  /** The instance's status, with the pid of its init where it runs. Throws NotFoundError. */
  async status(id: string): Promise<InstanceStatus> {
    const { epoch, state, reason } = this.deps.records.get(id);
    const alive = state === 'running' || state === 'paused';
    const initPid = alive ? await this.deps.runtime.initPid(id) : 0;
    return { id, epoch, state: STATES[state], initPid, reason, memoryBytesUsed: 0 };
  }

  /** The same of many, some at a time. */
  statuses(ids: readonly string[]): Promise<InstanceStatus[]> {
    return pLimit(LOOKED_AT_ONCE).map(ids, (id) => this.status(id));
  }

  /**
   * Makes disk and record of a stopped instance. `keepsOwner`: a shared disk becomes this host's at the first start or
   * stop only.
   */
  make(spec: InstanceSpec, epoch: number, keepsOwner = false): Promise<InstanceRecord> {
    return this.withDisk(spec, async () => {
      if (!keepsOwner) await this.deps.storage.adopt(spec.id);
      const record = { spec, epoch, state: 'stopped' as const, reason: '' };
      await this.deps.records.keep(record); // written before the start, so that everything that runs is on record
      return record;
    });
  }

  /** Removes the instance from this host completely. */
  async remove({ spec }: InstanceRecord): Promise<void> {
    this.deps.fence.killHeld(spec.id);
    await this.deps.runtime.stop(spec.id, 0);
    await this.deps.network.detach(spec.nics);
    await this.deps.storage.delete(spec.id);
    await this.deps.records.forget(spec.id);
    await this.deps.images.dropOwn(spec);
    this.deps.fence.held.letGo(spec.id);
  }

  /** Makes the disk, then calls `keep`, which writes the record: the image cannot be evicted in between. */
  async withDisk<T>(spec: InstanceSpec, keep: () => Promise<T>): Promise<T> {
    this.deps.runtime.check(spec);
    await makeFolder(this.deps.records.folder(spec.id), spec);
    return this.deps.images.use(spec, async (place) => {
      await this.deps.storage.clone(spec.id, place);
      await this.deps.storage.limitDisk(spec.id, spec.limits?.diskBytes ?? 0);
      return keep();
    });
  }

  /** Throws ConflictError unless the instance is stopped, may run here (it is not fenced) and has an init. */
  async start(record: InstanceRecord): Promise<InstanceStatus> {
    const spec = this.deps.network.current(record.spec);
    this.require(record, 'stopped');
    this.deps.fence.requireLease(spec.id);
    const begun = performance.now();
    await Promise.all([this.deps.storage.mount(spec.id, imagePlaceOf(spec)), this.deps.network.attach(spec)]);
    await requireInit(spec, this.deps.storage.rootfs(spec.id));
    const bridges = new Map(spec.nics.map((nic) => [nic.networkId, this.deps.network.bridgeName(nic.networkId)]));
    await writeConfigDrive(this.deps.storage.rootfs(spec.id), spec);
    await this.deps.runtime.configure(spec, this.deps.storage.rootfs(spec.id), bridges);
    const ready = performance.now();
    await this.deps.runtime.start(spec.id);
    await this.deps.network.settle(spec.nics);
    const started = performance.now();
    await this.deps.storage.adopt(spec.id);
    const status = await this.keep(record, 'running');
    const timing = { ready: ready - begun, start: started - ready, keep: performance.now() - started };
    this.deps.logger.info({ instance: spec.id, ms: timing }, 'started');
    return status;
  }

  /** Shuts the instance down, and kills it after `timeoutSeconds`. Stopped already is a success. */
  async stop(record: InstanceRecord, timeoutSeconds: number): Promise<InstanceStatus> {
    if (isMoving(record)) this.require(record, 'running');
    if (record.state === 'stopped' && !(await this.deps.runtime.initPid(record.spec.id)))
      return record.reason ? this.keep(record, 'stopped') : this.status(record.spec.id);
    this.deps.fence.killHeld(record.spec.id);
    if (record.state === 'paused') await this.deps.runtime.unpause(record.spec.id);
    await this.deps.runtime.stop(record.spec.id, timeoutSeconds);
    return this.keep(record, 'stopped');
  }

  /** Writes the state to the record and tells the watchers. `ended`: its guest has ended. */
  async keep(record: InstanceRecord, state: RecordedState, reason = '', ended?: true): Promise<InstanceStatus> {
    await this.deps.records.keep({ ...record, state, reason, ended });
    if (state === 'stopped') this.deps.fence.held.letGo(record.spec.id);
    const status = await this.status(record.spec.id);
    this.changes.emit('change', status);
    return status;
  }

  /** Throws ConflictError where the instance is in another state. */
  require(record: InstanceRecord, state: RecordedState): void {
    if (record.state !== state) throw new ConflictError(`instance ${record.spec.id} is ${record.state}, not ${state}`);
  }
}

/** Whether the instance takes part in a move now: then only the move may change it. */
export const isMoving = ({ state }: InstanceRecord): boolean => state === 'incoming' || state === 'outgoing';
