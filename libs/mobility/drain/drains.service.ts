import { Injectable } from '@nestjs/common';
import { DataSource, IsNull } from 'typeorm';
import type { EntityManager } from 'typeorm';
import type { Caller } from '#libs/common/caller';
import { ConflictError, NotFoundError } from '#libs/common/errors';
import { Instance } from '#libs/compute/instances/instance.entity';
import { Host } from '#libs/fleet/hosts/host.entity';
import { Hosts } from '#libs/fleet/hosts/hosts.service';
import { Operation } from '#libs/operations/operation.entity';
import { isFinished } from '#libs/operations/operation-states';
import { Operations } from '#libs/operations/operations.service';
import { byCost } from '../batches/batch-progress.js';
import { MoveBatch } from '../batches/move-batch.entity.js';
import type { LivePolicy } from '../batches/move-batch.entity.js';
import { MoveBatches } from '../batches/move-batches.service.js';

export interface DrainInput {
  live: LivePolicy;
  parallel: number;
  timeoutSeconds: number;
}

/** Upper bound of the instances of one drain; a second drain moves the others. */
const MAX_MOVES = 10_000;

/** Empties a host: nothing new is placed on it, and its instances are moved away (Incus: cluster evacuate). */
@Injectable()
export class Drains {
  constructor(
    private readonly database: DataSource,
    private readonly operations: Operations,
    private readonly batches: MoveBatches,
    private readonly hosts: Hosts,
  ) {}

  /**
   * Disables the host for scheduling and makes the batch of moves. Throws NotFoundError, ConflictError while a drain of
   * the host runs.
   */
  async begin(by: Caller, hostId: string, input: DrainInput): Promise<MoveBatch> {
    return this.operations.transact(async (tx, create) => {
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
  }

  /**
   * Enables the host for scheduling again. Throws NotFoundError, and ConflictError while a drain of the host runs
   * (abort it first).
   */
  async letIn(idOrName: string): Promise<Host> {
    const { id } = await this.hosts.get(idOrName);
    return this.database.transaction(async (tx) => {
      const host = await tx.findOneOrFail(Host, { where: { id }, lock: { mode: 'pessimistic_write' } });
      if (await isDraining(tx, id))
        throw new ConflictError(
          `Host ${host.name} is being drained: abort that first (DELETE /fleet/v1/hosts/${host.name}/drain).`,
        );
      return tx.save(Object.assign(host, { enabled: true, disabledReason: null }));
    });
  }

  /** Id of the host's latest drain. Throws NotFoundError where it has had none. */
  async latest(hostId: string): Promise<string> {
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
