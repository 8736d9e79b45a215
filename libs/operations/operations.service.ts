import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import type { EntityManager } from 'typeorm';
import type { Caller } from '#libs/common/caller';
import { sleep } from '#libs/common/clock';
import { NotFoundError, UnavailableError } from '#libs/common/errors';
import { newId } from '#libs/common/ids';
import { transact } from '#libs/database/transactions';
import { Events } from './events.js';
import { kindOf } from './operation-kinds.js';
import { isFinished } from './operation-states.js';
import { Operation, OperationStep } from './operation.entity.js';
import type { OperationClass, OperationState, QueueName } from './operation.entity.js';
import { OperationQueues } from './queues.js';

export interface NewOperation {
  /** Name of the workflow. */
  kind: string;
  queue: QueueName;
  resourceType: string;
  resourceId: string;
  /** Who asked; null for what the control plane does by itself. */
  by: Pick<Caller, 'projectId' | 'userId' | 'requestId'> | null;
  input: object;
  /** LXD's: a task where left out. */
  class?: OperationClass;
  /** What is being done, for people. Nothing: by its kind (operation-kinds.ts). */
  description?: string;
  metadata?: Record<string, unknown>;
  /** Ids by type; its own resource where left out. */
  resources?: Record<string, string[]>;
  /** To be known before it is written; made up otherwise. */
  id?: string;
  /** The operation that begins this one. */
  parentId?: string;
  /** Not to be begun before this many seconds. Give it a resource of its own: what comes after it there waits too. */
  delaySeconds?: number;
}

/** Writes an operation and its outbox row in the surrounding transaction. */
export type CreateOperation = (operation: NewOperation) => Promise<Operation>;

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
  /** At most 1000; 100 where left out. */
  limit?: number;
}

const MAX_PAGE = 1_000;

/** The durable record of everything that changes something (invariant 4). */
@Injectable()
export class Operations {
  constructor(
    private readonly database: DataSource,
    private readonly queues: OperationQueues,
    private readonly events: Events,
  ) {}

  /**
   * One transaction that changes resources and creates the operations that go with it; after the commit their jobs are
   * added. Create an operation while the transaction holds its resource's row, so that order of creation is order of
   * commit. `work` runs again after a deadlock or serialization failure.
   */
  async transact<T>(work: (tx: EntityManager, create: CreateOperation) => Promise<T>): Promise<T> {
    let created: Operation[] = [];
    const result = await transact(this.database, async (tx) => {
      created = [];
      return work(tx, async (operation) => {
        const row = await insertOperation(tx, operation);
        if (!operation.delaySeconds) created.push(row);
        return row;
      });
    });
    if (created.length) await this.announce(created);
    return result;
  }

  /** As part of another transaction, that of a workflow's step say: the sweeper adds its job, about a second later. */
  async createIn(tx: EntityManager, operation: NewOperation): Promise<Operation> {
    return insertOperation(tx, operation);
  }

  /** Throws NotFoundError. */
  async get(id: string): Promise<Operation> {
    const operation = await this.database.manager.findOneBy(Operation, { id });
    if (!operation) throw new NotFoundError('Operation', id);
    return operation;
  }

  /** Newest first, one page. Index: operations_by_resource, operations_by_project, operations_by_parent. */
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
    if (marker) {
      const { projectId: owner } = await this.get(marker);
      if (projectId && owner !== projectId) throw new NotFoundError('Operation', marker);
      query.andWhere('(o.created_at, o.id) < (SELECT m.created_at, m.id FROM operations m WHERE m.id = :marker)', {
        marker,
      });
    }
    return query.orderBy('o.created_at', 'DESC').addOrderBy('o.id', 'DESC').limit(Math.min(limit, MAX_PAGE)).getMany();
  }

  /** Its steps as they went, in the order they began. */
  async steps(operationId: string): Promise<OperationStep[]> {
    return this.database.manager.find(OperationStep, {
      where: { operationId },
      order: { startedAt: 'ASC', attempt: 'ASC' },
      take: MAX_PAGE,
    });
  }

  /**
   * Asks an operation to stop: honoured between steps and by steps that heed their signal, up to the point of no
   * return. With `tx` it is part of that transaction, and the runner hears of it at its next renewal of the lease.
   * Returns false where it has ended already.
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

  /** Waits until the operation has ended. For tests and the command line; throws UnavailableError after `timeoutMs`. */
  async waitFor(id: string, timeoutMs = 60_000): Promise<Operation> {
    const end = Date.now() + timeoutMs;
    for (;;) {
      const operation = await this.get(id);
      if (isFinished(operation.state)) return operation;
      if (Date.now() > end) throw new UnavailableError(`Operation ${id} has not ended in ${timeoutMs} ms.`);
      await sleep(25);
    }
  }

  private async announce(created: Operation[]): Promise<void> {
    await this.queues.enqueue(created);
    for (const { id, projectId, kind, state, resourceType, resourceId } of created)
      this.events.publish({ type: 'operation', id, projectId, data: { kind, state, resourceType, resourceId } });
  }
}

/** One statement for both rows; what is to wait gets no job, the sweeper adds it when it is due. clock_timestamp(), because the transaction may have waited for its resource's row. */
const INSERT_OPERATION = `
  WITH queued AS (INSERT INTO outbox (operation_id, queue) SELECT $1::uuid, $3 WHERE $10::float8 = 0)
  INSERT INTO operations
    (id, kind, queue, resource_type, resource_id, project_id, user_id, request_id, state, input, class, description,
     metadata, resources, may_cancel, not_before, created_at, updated_at, parent_id)
  VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 'pending', $9, $11, $12, $13, $14, $15,
    CASE WHEN $10 > 0 THEN clock_timestamp() + make_interval(secs => $10) END, clock_timestamp(), clock_timestamp(), $16)
  RETURNING created_at`;

async function insertOperation(tx: EntityManager, given: NewOperation): Promise<Operation> {
  const { id = newId(), kind, queue, resourceType, resourceId, by, input, delaySeconds = 0, parentId = null } = given;
  const { projectId = null, userId = null, requestId = '' } = by ?? {};
  const { description, mayCancel } = kindOf(kind);
  const view = {
    class: given.class ?? ('task' as const),
    description: given.description ?? description,
    metadata: given.metadata ?? {},
    resources: given.resources ?? { [resourceType]: [resourceId] },
    mayCancel,
  };
  const values = [
    id,
    kind,
    queue,
    resourceType,
    resourceId,
    projectId,
    userId,
    requestId,
    JSON.stringify(input),
    delaySeconds,
    view.class,
    view.description,
    JSON.stringify(view.metadata),
    JSON.stringify(view.resources),
    mayCancel,
    parentId,
  ];
  const [{ created_at }] = await tx.query<{ created_at: Date }[]>(INSERT_OPERATION, values);
  return tx.create(Operation, {
    id,
    kind,
    queue,
    resourceType,
    resourceId,
    projectId,
    userId,
    requestId,
    ...view,
    parentId,
    input,
    context: {},
    state: 'pending',
    step: null,
    failure: null,
    cancelRequested: false,
    attempts: 0,
    createdAt: created_at,
    updatedAt: created_at,
  });
}
