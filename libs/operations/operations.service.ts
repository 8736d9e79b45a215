import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import type { EntityManager } from 'typeorm';
import { atMost } from '#libs/common/clock';
import { NotFoundError, UnavailableError } from '#libs/common/errors';
import { MAX_PAGE, readPage } from '#libs/database/keyset';
import { transact } from '#libs/database/transactions';
import { Events } from './events.js';
import { insertOperations, recordOperation } from './new-operations.js';
import type { CreateOperation, NewOperation } from './new-operations.js';
import { isFinished } from './operation-states.js';
import { Operation, OperationStep } from './operation.entity.js';
import type { OperationState } from './operation.entity.js';
import { OperationQueues } from './queues.js';

export interface OperationFilter {
  resourceType?: string;
  resourceId?: string;
  projectId?: string;
  requestId?: string;
  parentId?: string;
  states?: readonly OperationState[];
  kind?: string;
  changedSince?: Date;
  changedBefore?: Date;
  /** Id of the operation after which the page begins (newest first). */
  marker?: string;
  /** At most 1000; 100 where absent. */
  limit?: number;
}

export type { CreateOperation, NewOperation } from './new-operations.js';

/** Milliseconds between two looks of `waitFor` at Postgres, where no event comes. */
const LOOK_MS = 500;

/** Makes, reads, waits for and cancels operations: the durable record of every change (invariant 4). */
@Injectable()
export class Operations {
  constructor(
    private readonly database: DataSource,
    private readonly queues: OperationQueues,
    private readonly events: Events,
  ) {}

  /**
   * Runs one transaction that changes resources and creates the operations for them; adds their jobs after the commit.
   * `work` must hold the resource's row when it creates an operation, so that the order of creation is the order of
   * commits. `work` runs again after a deadlock or serialization failure.
   */
  async transact<T>(work: (tx: EntityManager, create: CreateOperation) => Promise<T>): Promise<T> {
    let created: Operation[] = [];
    const result = await transact(this.database, async (tx) => {
      created = [];
      const all = async (operations: readonly NewOperation[]) => {
        const rows = await insertOperations(tx, operations);
        created.push(...rows.filter((_, at) => !operations[at].delaySeconds));
        return rows;
      };
      const one = async (operation: NewOperation) => (await all([operation]))[0];
      return work(tx, Object.assign(one, { all }));
    });
    if (created.length) await this.announce(created);
    return result;
  }

  /**
   * Creates an operation in another transaction, such as that of a workflow's step. The sweeper adds its job about a
   * second later.
   */
  async createIn(tx: EntityManager, operation: NewOperation): Promise<Operation> {
    return (await insertOperations(tx, [operation]))[0];
  }

  /** Records what the caller's transaction itself does, as an operation that has ended: no worker runs it. */
  record(tx: EntityManager, operation: NewOperation): Promise<void> {
    return recordOperation(tx, operation);
  }

  /** Throws NotFoundError. */
  async get(id: string): Promise<Operation> {
    const operation = await this.database.manager.findOneBy(Operation, { id });
    if (!operation) throw new NotFoundError('Operation', id);
    return operation;
  }

  /** One page, newest first. Throws MarkerNotFoundError. Indexes: operations_by_resource, operations_by_project, operations_by_parent. */
  async list(filter: OperationFilter): Promise<Operation[]> {
    const query = this.database.manager.createQueryBuilder(Operation, 'o');
    const { resourceType, resourceId, projectId, requestId, parentId, states, kind, marker, limit = 100 } = filter;
    const { changedSince, changedBefore } = filter;
    if (resourceType) query.andWhere('o.resource_type = :resourceType', { resourceType });
    if (resourceId) query.andWhere('o.resource_id = :resourceId', { resourceId });
    if (projectId) query.andWhere('o.project_id = :projectId', { projectId });
    if (requestId) query.andWhere('o.request_id = :requestId', { requestId });
    if (parentId) query.andWhere('o.parent_id = :parentId', { parentId });
    if (states?.length) query.andWhere('o.state IN (:...states)', { states });
    if (kind) query.andWhere('o.kind = :kind', { kind });
    if (changedSince) query.andWhere('o.updated_at >= :changedSince', { changedSince });
    if (changedBefore) query.andWhere('o.updated_at <= :changedBefore', { changedBefore });
    const row = projectId ? 'o.id = :marker AND o.project_id = :projectId' : 'o.id = :marker';
    const parameters = { marker, projectId };
    const from = marker ? { resource: 'Operation', id: marker, isUuid: true, row, parameters } : undefined;
    const order = ['o.created_at', 'o.id'].map((sql) => ({ sql, direction: 'desc' as const }));
    return readPage(query, order, { marker: from, limit });
  }

  /** The attempts at its steps, in the order in which they began. */
  async steps(operationId: string): Promise<OperationStep[]> {
    return this.database.manager.find(OperationStep, {
      where: { operationId },
      order: { startedAt: 'ASC', attempt: 'ASC' },
      take: MAX_PAGE,
    });
  }

  /**
   * Asks an operation to stop. Honoured between steps, and by steps that heed their signal, up to the point of no
   * return. With `tx` it is part of that transaction, and the runner learns of it at its next renewal of the lease.
   * Returns false where the operation has ended already.
   */
  async requestCancel(id: string, tx?: EntityManager): Promise<boolean> {
    const result = await (tx ?? this.database.manager)
      .createQueryBuilder()
      .update(Operation)
      .set({ cancelRequested: true })
      .where(`id = :id AND state IN ('pending', 'running')`, { id })
      .execute();
    this.events.publishCancel(id);
    return result.affected === 1;
  }

  /**
   * Waits until the operation has ended. Events wake it; because they may be lost, it also looks every half second.
   * Throws NotFoundError, and UnavailableError after `timeoutMs`.
   */
  async waitFor(id: string, timeoutMs = 60_000): Promise<Operation> {
    const end = Date.now() + timeoutMs;
    let changed = Promise.withResolvers<void>();
    // The subscription is not awaited: Redis may be away.
    const subscribed = this.events.subscribe((event) => {
      if (event.id === id) changed.resolve();
    });
    try {
      for (;;) {
        const operation = await this.get(id);
        if (isFinished(operation.state)) return operation;
        const left = end - Date.now();
        if (left <= 0) throw new UnavailableError(`Operation ${id} has not ended in ${timeoutMs} ms.`);
        await atMost(changed.promise, Math.min(left, LOOK_MS));
        changed = Promise.withResolvers();
      }
    } finally {
      subscribed.then((forget) => forget()).catch(() => undefined); // the subscription had failed
    }
  }

  private async announce(created: Operation[]): Promise<void> {
    await this.queues.enqueue(created);
    for (const { id, projectId, kind, state, resourceType, resourceId } of created)
      this.events.publish({ type: 'operation', id, projectId, data: { kind, state, resourceType, resourceId } });
  }
}
