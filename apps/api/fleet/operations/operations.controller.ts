import { Controller, Get, Param, Query, UseFilters } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { CurrentCaller } from '#apps/api/http/api-request';
import { limitOf } from '#apps/api/http/query/paging';
import { many, one, requireKnown } from '#apps/api/http/query/query';
import type { Query as ListQuery } from '#apps/api/http/query/query';
import type { Caller } from '#libs/common/caller';
import { InvalidInputError, NotFoundError } from '#libs/common/errors';
import { requireName, UUID } from '#libs/common/names';
import { isOperationState } from '#libs/operations/operation-states';
import type { Operation, OperationFailure, OperationState, OperationStep } from '#libs/operations/operation.entity';
import { Operations } from '#libs/operations/operations.service';
import { allows } from '#libs/policy/policy';
import { FleetErrorFilter } from '../fleet.errors.js';
import { publicFailure } from '#libs/operations/public-failure';

const FIELDS = ['project_id', 'resource_type', 'resource_id', 'kind', 'parent_id', 'state', 'marker', 'limit'];

/** Operations as they are recorded. Administrators see all, other callers those of their project. */
@ApiTags('fleet')
@UseFilters(FleetErrorFilter)
@Controller('fleet/v1/operations')
export class OperationsController {
  constructor(private readonly operations: Operations) {}

  @Get()
  async list(@CurrentCaller() caller: Caller, @Query() query: ListQuery): Promise<{ operations: object[] }> {
    requireKnown(query, FIELDS);
    const found = await this.operations.list({
      projectId: allows(caller, 'fleet:operations:all_projects') ? one(query, 'project_id') : caller.projectId,
      resourceType: one(query, 'resource_type'),
      resourceId: one(query, 'resource_id'),
      kind: one(query, 'kind'),
      parentId: parentOf(query),
      states: many(query, 'state').map(parseState),
      marker: one(query, 'marker'),
      limit: limitOf(query),
    });
    return { operations: found.map((operation) => render(operation, caller)) };
  }

  @Get(':id')
  async show(@CurrentCaller() caller: Caller, @Param('id') id: string): Promise<{ operation: object }> {
    const operation = await this.operations.get(requireName('id', id, UUID, 'a UUID'));
    if (!allows(caller, 'fleet:operations:list', { project_id: operation.projectId }))
      throw new NotFoundError('Operation', id);
    const steps = await this.operations.steps(id);
    return { operation: { ...render(operation, caller), steps: steps.map((step) => renderStep(step, caller)) } };
  }
}

function parentOf(query: ListQuery): string | undefined {
  const id = one(query, 'parent_id');
  return id === undefined ? undefined : requireName('parent_id', id, UUID, 'a UUID');
}

function parseState(text: string): OperationState {
  if (!isOperationState(text)) throw new InvalidInputError('state', 'the state of an operation');
  return text;
}

/**
 * Leaves out input and context, which may carry what no client should see. Only administrators see the failure's own
 * message and the worker.
 */
function render(operation: Operation, caller: Caller): object {
  const whole = allows(caller, 'fleet:failures:details');
  const { id, kind, queue, state, step, attempts } = operation;
  const failure = operation.failure && (whole ? operation.failure : publicly(operation.failure));
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

function publicly({ step, type, message }: OperationFailure): OperationFailure {
  return { step, type, message: publicFailure({ type, message }) };
}

function renderStep({ name, attempt, startedAt, finishedAt, result, message }: OperationStep, caller: Caller): object {
  const step = { name, attempt, started_at: startedAt, finished_at: finishedAt, result };
  return allows(caller, 'fleet:failures:details') ? { ...step, message } : step;
}
