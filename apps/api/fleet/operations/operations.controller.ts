import { Controller, Get, Param, Query, UseFilters } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { CurrentCaller } from '#apps/api/http/api-request';
import { limitOf, many, one } from '#apps/api/http/list-query';
import type { Query as ListQuery } from '#apps/api/http/list-query';
import type { Caller } from '#libs/common/caller';
import { InvalidInputError, NotFoundError } from '#libs/common/errors';
import { requireName, UUID } from '#libs/common/names';
import { isOperationState } from '#libs/operations/operation-states';
import type { Operation, OperationState, OperationStep } from '#libs/operations/operation.entity';
import { Operations } from '#libs/operations/operations.service';
import { FleetErrorFilter } from '../fleet.errors.js';

/** Every operation as it is kept. An admin sees all, everybody else those of the project. */
@ApiTags('fleet')
@UseFilters(FleetErrorFilter)
@Controller('fleet/v1/operations')
export class OperationsController {
  constructor(private readonly operations: Operations) {}

  @Get()
  async list(@CurrentCaller() caller: Caller, @Query() query: ListQuery): Promise<{ operations: object[] }> {
    const found = await this.operations.list({
      projectId: caller.isAdmin ? one(query, 'project_id') : caller.projectId,
      resourceType: one(query, 'resource_type'),
      resourceId: one(query, 'resource_id'),
      kind: one(query, 'kind'),
      parentId: parentOf(query),
      states: many(query, 'state').map(parseState),
      marker: one(query, 'marker'),
      limit: limitOf(query),
    });
    return { operations: found.map((operation) => render(operation)) };
  }

  @Get(':id')
  async show(@CurrentCaller() caller: Caller, @Param('id') id: string): Promise<{ operation: object }> {
    const operation = await this.operations.get(requireName('id', id, UUID, 'a UUID'));
    if (!caller.isAdmin && operation.projectId !== caller.projectId) throw new NotFoundError('Operation', id);
    return { operation: { ...render(operation), steps: (await this.operations.steps(id)).map(renderStep) } };
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

/** Input and context are left out: they may carry what is none of an operator's business. */
function render(operation: Operation): object {
  const { id, kind, queue, state, step, failure, attempts } = operation;
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
    locked_by: operation.lockedBy,
    locked_until: operation.lockedUntil,
  };
}

function renderStep({ name, attempt, startedAt, finishedAt, result, message }: OperationStep): object {
  return { name, attempt, started_at: startedAt, finished_at: finishedAt, result, message };
}
