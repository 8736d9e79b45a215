import { Injectable } from '@nestjs/common';
import { DataSource, IsNull } from 'typeorm';
import type { EntityManager } from 'typeorm';
import type { Caller } from '#libs/common/caller';
import { ConflictError, NotFoundError } from '#libs/common/errors';
import { Instance } from '#libs/compute/instances/instance.entity';
import { Host } from '#libs/fleet/hosts/host.entity';
import { HostRecords } from '#libs/fleet/hosts/host-records';
import { hostTarget } from '#libs/fleet/hosts/host-target';
import { Operation } from '#libs/operations/operation.entity';
import { isFinished } from '#libs/operations/operation-states';
import { Operations } from '#libs/operations/operations.service';
import { requireAllowed } from '#libs/policy/policy';
import type { RuleName } from '#libs/policy/rule-tables';
import { byCost } from '../batches/batch-progress.js';
import { MoveBatch } from '../batches/move-batch.entity.js';
import type { LivePolicy, MoveBatchItem } from '../batches/move-batch.entity.js';
import { MoveBatches } from '../batches/move-batches.service.js';
import type { MoveBatchView } from '../batches/move-batches.service.js';

export interface DrainInput {
  live: LivePolicy;
  parallel: number;
  timeoutSeconds: number;
}

/** A drain with one page of its moves, in the order they begin. */
export interface DrainView extends MoveBatchView {
  items: MoveBatchItem[];
}

interface Page {
  marker?: string;
  limit?: number;
}

/** Upper bound of the instances of one drain; a second drain moves the others. */
const MAX_MOVES = 10_000;

/**
 * Empties a host: it takes nothing new, and what it has is moved away (Incus: cluster evacuate). The drain of a host is its
 * latest one. Hosts are named by id or name. Everything here throws NotFoundError and PolicyDeniedError.
 */
@Injectable()
export class Drains {
  constructor(
    private readonly database: DataSource,
    private readonly operations: Operations,
    private readonly batches: MoveBatches,
    private readonly hosts: HostRecords,
  ) {}

  /**
   * Disables the host for scheduling and makes the batch of moves. Throws NotFoundError, ConflictError while a drain of
   * the host runs.
   */
  async begin(by: Caller, idOrName: string, input: DrainInput): Promise<DrainView> {
    const { id: hostId } = await this.admit(by, 'fleet:hosts:drain', idOrName);
    const { id } = await this.operations.transact(async (tx, create) => {
      const host = await tx.findOne(Host, { where: { id: hostId }, lock: { mode: 'pessimistic_write' } });
      if (!host) throw new NotFoundError('Host', hostId);
      if (await isDraining(tx, hostId)) throw new ConflictError(`Host ${host.name} is being drained already.`);
      await tx.update(Host, { id: hostId }, { enabled: false, disabledReason: 'drain' });
      const instances = await tx.find(Instance, { where: { hostId, deletedAt: IsNull() }, take: MAX_MOVES });
      const moves = instances
        .map(({ id, vmState, memoryMb, diskGb }) => ({ id, running: vmState !== 'stopped', memoryMb, diskGb }))
        .sort(byCost)
        .map(({ id }) => ({ instanceId: id, sourceHostId: hostId, targetHostId: null }));
      return this.batches.create(tx, create, by, { kind: 'drain', hostId, ...input, moves });
    });
    return this.view(id);
  }

  async show(caller: Caller, idOrName: string, page: Page): Promise<DrainView> {
    const host = await this.admit(caller, 'fleet:hosts:show_drain', idOrName);
    return this.view(await this.latest(host.id), page);
  }

  /** No further move begins. Throws ConflictError where it has ended. */
  async abort(caller: Caller, idOrName: string): Promise<DrainView> {
    const host = await this.admit(caller, 'fleet:hosts:abort_drain', idOrName);
    const id = await this.latest(host.id);
    await this.batches.abort(id);
    return this.view(id);
  }

  /** What is not done gets its turn again. Throws ConflictError while it runs. */
  async resume(by: Caller, idOrName: string): Promise<DrainView> {
    const host = await this.admit(by, 'fleet:hosts:drain', idOrName);
    const { id } = await this.batches.resume(by, await this.latest(host.id));
    return this.view(id);
  }

  /**
   * Enables the host for scheduling again. Throws NotFoundError, and ConflictError while a drain of the host runs
   * (abort it first).
   */
  async letIn(caller: Caller, idOrName: string): Promise<Host> {
    const { id } = await this.admit(caller, 'os_compute_api:os-services:update', idOrName);
    return this.database.transaction(async (tx) => {
      const host = await tx.findOneOrFail(Host, { where: { id }, lock: { mode: 'pessimistic_write' } });
      if (await isDraining(tx, id))
        throw new ConflictError(`Host ${host.name} is being drained: the drain has to be aborted first.`);
      return tx.save(Object.assign(host, { enabled: true, disabledReason: null }));
    });
  }

  private async admit(caller: Caller, rule: RuleName, idOrName: string): Promise<Host> {
    const host = await this.hosts.get(idOrName);
    requireAllowed(caller, rule, hostTarget(host));
    return host;
  }

  private async view(id: string, page: Page = {}): Promise<DrainView> {
    return { ...(await this.batches.view(id)), items: await this.batches.items(id, page) };
  }

  private async latest(hostId: string): Promise<string> {
    const where = { hostId, kind: 'drain' as const };
    const [last] = await this.database.manager.find(MoveBatch, { where, order: { createdAt: 'DESC' }, take: 1 });
    if (!last) throw new NotFoundError('Drain of host', hostId);
    return last.id;
  }
}

async function isDraining(tx: EntityManager, hostId: string): Promise<boolean> {
  const [last] = await tx.find(MoveBatch, { where: { hostId }, order: { createdAt: 'DESC' }, take: 1 });
  return last !== undefined && !isFinished((await tx.findOneByOrFail(Operation, { id: last.operationId })).state);
}
