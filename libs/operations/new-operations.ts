import type { EntityManager } from 'typeorm';
import type { Caller } from '#libs/common/caller';
import { newId } from '#libs/common/ids';
import { withCommit } from '#libs/database/transactions';
import { kindOf } from './operation-kinds.js';
import { Operation } from './operation.entity.js';
import type { OperationClass, QueueName } from './operation.entity.js';

export interface NewOperation {
  /** Name of the workflow that runs the operation. */
  kind: string;
  queue: QueueName;
  resourceType: string;
  resourceId: string;
  /** Who asked for the operation; null where the control plane began it by itself. */
  by: Pick<Caller, 'projectId' | 'userId' | 'requestId'> | null;
  input: object;
  /** LXD: class; `task` where absent. */
  class?: OperationClass;
  /** What the operation does, in words for people; absent: the text of its kind (operation-kinds.ts). */
  description?: string;
  metadata?: Record<string, unknown>;
  /** Ids by type; the operation's own resource where absent. */
  resources?: Record<string, string[]>;
  /** For callers that must know the id before the row is written; else a new one. */
  id?: string;
  /** The operation that began this one. */
  parentId?: string;
  /**
   * The operation does not begin before this many seconds. Give it a resource of its own: later operations on the same
   * resource wait too.
   */
  delaySeconds?: number;
}

/** Writes an operation (`all`: many, in one statement) and its outbox row in the caller's transaction. */
export interface CreateOperation {
  (operation: NewOperation): Promise<Operation>;
  all(operations: readonly NewOperation[]): Promise<Operation[]>;
}

/**
 * One statement writes both tables. An operation with a delay gets no outbox row; the sweeper adds its job when it is
 * due. clock_timestamp(), because the transaction may have waited for its resource's row.
 */
const INSERT_OPERATIONS = `
  WITH given AS (
    SELECT * FROM jsonb_to_recordset($1::jsonb) AS g(
      id uuid, kind text, queue text, "resourceType" text, "resourceId" text, "projectId" text, "userId" text,
      "requestId" text, input jsonb, class text, description text, metadata jsonb, resources jsonb, "mayCancel" boolean,
      "delaySeconds" float8, "parentId" uuid)
  ), queued AS (
    INSERT INTO outbox (operation_id, queue) SELECT id, queue FROM given WHERE "delaySeconds" = 0
  )
  INSERT INTO operations
    (id, kind, queue, resource_type, resource_id, project_id, user_id, request_id, state, input, class, description,
     metadata, resources, may_cancel, not_before, created_at, updated_at, parent_id)
  SELECT id, kind, queue, "resourceType", "resourceId", "projectId", "userId", "requestId", 'pending', input, class,
    description, metadata, resources, "mayCancel",
    CASE WHEN "delaySeconds" > 0 THEN clock_timestamp() + make_interval(secs => "delaySeconds") END,
    clock_timestamp(), clock_timestamp(), "parentId"
  FROM given RETURNING id, created_at`;

/**
 * Writes operations and outbox rows in one statement, together with the transaction's commit (`withCommit`). The times are
 * PostgreSQL's: the operations returned have them once the transaction is committed.
 */
export async function insertOperations(tx: EntityManager, given: readonly NewOperation[]): Promise<Operation[]> {
  const rows = given.map(rowOf);
  const operations = rows.map((row) => Object.assign(new Operation(), fresh, row, { context: {} }));
  const values = rows.map((row, at) => ({ ...row, delaySeconds: given[at].delaySeconds ?? 0 }));
  const written = tx.query<{ id: string; created_at: Date }[]>(INSERT_OPERATIONS, [JSON.stringify(values)]);
  await withCommit(
    tx,
    written.then((answers) => setTimes(operations, answers)),
  );
  return operations;
}

function setTimes(operations: readonly Operation[], written: readonly { id: string; created_at: Date }[]): void {
  const times = new Map(written.map(({ id, created_at }) => [id, created_at]));
  for (const operation of operations) operation.createdAt = operation.updatedAt = times.get(operation.id)!;
}

/** Writes an operation that has ended already, in the transaction that did its work: no worker runs it. */
export async function recordOperation(tx: EntityManager, given: NewOperation): Promise<void> {
  const now = new Date();
  const ended = { state: 'done' as const, context: {}, startedAt: now, finishedAt: now };
  await tx.save(Operation, { ...fresh, ...rowOf(given), ...ended });
}

const fresh = {
  state: 'pending',
  step: null,
  failure: null,
  cancelRequested: false,
  attempts: 0,
  notBefore: null,
  lockedBy: null,
  lockedUntil: null,
  startedAt: null,
  finishedAt: null,
} satisfies Partial<Operation>;

function rowOf(given: NewOperation) {
  const { id = newId(), kind, queue, resourceType, resourceId, by, input } = given;
  const { projectId = null, userId = null, requestId = '' } = by ?? {};
  const { description, mayCancel } = kindOf(kind);
  return {
    id,
    kind,
    queue,
    resourceType,
    resourceId,
    projectId,
    userId,
    requestId,
    input,
    class: given.class ?? 'task',
    description: given.description ?? description,
    metadata: given.metadata ?? {},
    resources: given.resources ?? { [resourceType]: [resourceId] },
    mayCancel,
    parentId: given.parentId ?? null,
  };
}
