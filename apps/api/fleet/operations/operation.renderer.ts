import type { OperationView } from '#libs/operations/operation-log';
import type { OperationStep } from '#libs/operations/operation.entity';

/**
 * Leaves out input and context, which may carry what no client should see. Only who may see the operation whole sees its
 * worker.
 */
export function renderOperation({ operation, failure, whole }: OperationView): object {
  const { id, kind, queue, state, step, attempts } = operation;
  return {
    id,
    kind,
    queue,
    state,
    step,
    failure,
    attempts,
    resource_type: operation.resourceType,
    resource_id: operation.resourceId,
    project_id: operation.projectId,
    user_id: operation.userId,
    request_id: operation.requestId,
    parent_id: operation.parentId,
    cancel_requested: operation.cancelRequested,
    created_at: operation.createdAt,
    started_at: operation.startedAt,
    finished_at: operation.finishedAt,
    ...(whole && { locked_by: operation.lockedBy, locked_until: operation.lockedUntil }),
  };
}

/** `whole`: with the message of the host. */
export function renderStep(
  { name, attempt, startedAt, finishedAt, result, message }: OperationStep,
  whole: boolean,
): object {
  const step = { name, attempt, started_at: startedAt, finished_at: finishedAt, result };
  return whole ? { ...step, message } : step;
}
