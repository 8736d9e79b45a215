import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import type { EntityManager } from 'typeorm';
import type { Caller } from '#libs/common/caller';
import { ConflictError, NotFoundError } from '#libs/common/errors';
import { newId } from '#libs/common/ids';
import { readPage } from '#libs/database/keyset';
import { isFinished } from '#libs/operations/operation-states';
import { Operation } from '#libs/operations/operation.entity';
import { Operations } from '#libs/operations/operations.service';
import type { NewOperation } from '#libs/operations/operations.service';
import { begunAtOnce, etaSeconds } from './batch-progress.js';
import type { BatchCounts } from './batch-progress.js';
import { MoveBatch, MoveBatchItem } from './move-batch.entity.js';
import type { LivePolicy, MoveBatchKind } from './move-batch.entity.js';

/** `operations.resource_type` of a batch; resource_id is the batch's id. */
export const MOVE_BATCH = 'move-batch';
/** Kind of the operation, and of the workflow, that carries out a batch. */
export const MOVES_BATCH = 'moves.batch';

export interface NewMoveBatch {
  kind: MoveBatchKind;
  hostId: string | null;
  live: LivePolicy;
  parallel: number;
  timeoutSeconds: number;
  /** In the order in which they begin. */
  moves: { instanceId: string; sourceHostId: string; targetHostId: string | null }[];
}

/** Input of `moves.batch`. */
export interface MoveBatchInput {
  batchId: string;
  /** Who asked for the batch; its moves are recorded in their name. */
  by: Caller;
}

export interface MoveBatchView {
  batch: MoveBatch;
  operation: Operation;
  counts: BatchCounts;
  etaSeconds: number | null;
}

type CreateOne = (operation: NewOperation) => Promise<Operation>;

const COUNTS = `
  SELECT count(*)::int AS total, count(*) FILTER (WHERE status = 'done')::int AS done,
    count(*) FILTER (WHERE status = 'running')::int AS running, count(*) FILTER (WHERE status = 'failed')::int AS failed,
    count(*) FILTER (WHERE status = 'cancelled')::int AS cancelled, coalesce(sum(bytes), 0)::float8 AS bytes,
    (extract(epoch FROM avg(finished_at - started_at) FILTER (WHERE status = 'done')))::float8 AS "meanSeconds"
  FROM move_batch_items WHERE batch_id = $1`;

/**
 * Many moves as one durable operation: made, shown, aborted and resumed here, carried out by the worker. `Drains` and
 * `RebalancePlans`, whose they are, ask the policy; faces ask those.
 */
@Injectable()
export class MoveBatches {
  constructor(
    private readonly database: DataSource,
    private readonly operations: Operations,
  ) {}

  /** Writes the batch, its items and its operation in the caller's `Operations.transact`. */
  async create(tx: EntityManager, create: CreateOne, by: Caller, given: NewMoveBatch): Promise<MoveBatch> {
    const { moves, ...rest } = given;
    const id = newId();
    const operation = await create(operationOf(id, by));
    const batch = await tx.save(tx.create(MoveBatch, { id, operationId: operation.id, ...rest }));
    const items = moves.map((move, position) =>
      tx.create(MoveBatchItem, { batchId: id, position, status: 'pending', ...move }),
    );
    await tx.save(items, { chunk: 500 });
    return batch;
  }

  /** The batch with its counts, the time left and its operation. Throws NotFoundError. */
  async view(batchId: string): Promise<MoveBatchView> {
    const { manager } = this.database;
    const batch = await manager.findOneBy(MoveBatch, { id: batchId });
    if (!batch) throw new NotFoundError('Move batch', batchId);
    const [operation, [counts]] = await Promise.all([
      this.operations.get(batch.operationId),
      manager.query<BatchCounts[]>(COUNTS, [batchId]),
    ]);
    return { batch, operation, counts, etaSeconds: etaSeconds(counts, begunAtOnce(batch)) };
  }

  /** One page of items in the order of their moves, after the instance `marker`; at most 1000. Throws MarkerNotFoundError. */
  async items(
    batchId: string,
    { marker, limit = 1000 }: { marker?: string; limit?: number },
  ): Promise<MoveBatchItem[]> {
    const query = this.database.manager
      .createQueryBuilder(MoveBatchItem, 'i')
      .where('i.batch_id = :batchId', { batchId });
    const row = 'i.batch_id = :batchId AND i.instance_id = :marker';
    const parameters = { batchId, marker };
    const from = marker === undefined ? undefined : { resource: 'Instance', id: marker, isUuid: true, row, parameters };
    return readPage(query, [{ sql: 'i.position', direction: 'asc' }], { marker: from, limit });
  }

  /**
   * No further move of the batch begins, and running ones are aborted where they can be. Throws NotFoundError,
   * ConflictError where the batch has ended.
   */
  async abort(batchId: string): Promise<void> {
    const { batch } = await this.view(batchId);
    if (!(await this.operations.requestCancel(batch.operationId)))
      throw new ConflictError(`Batch ${batchId} has ended already.`);
  }

  /**
   * Sets every item that is not done to pending and makes a new operation. Throws NotFoundError, ConflictError while
   * the batch runs.
   */
  async resume(by: Caller, batchId: string): Promise<MoveBatch> {
    return this.operations.transact(async (tx, create) => {
      const batch = await tx.findOne(MoveBatch, { where: { id: batchId }, lock: { mode: 'pessimistic_write' } });
      if (!batch) throw new NotFoundError('Move batch', batchId);
      const last = await tx.findOneByOrFail(Operation, { id: batch.operationId });
      if (!isFinished(last.state)) throw new ConflictError(`Batch ${batchId} is still running.`);
      await tx.query(
        `UPDATE move_batch_items SET status = 'pending', reason = NULL, started_at = NULL, finished_at = NULL
         WHERE batch_id = $1 AND status <> 'done'`,
        [batchId],
      );
      const { id } = await create(operationOf(batchId, by));
      batch.operationId = id;
      return tx.save(batch);
    });
  }
}

function operationOf(batchId: string, by: Caller): NewOperation {
  const input: MoveBatchInput = { batchId, by };
  return { kind: MOVES_BATCH, queue: 'batch', resourceType: MOVE_BATCH, resourceId: batchId, by, input };
}
