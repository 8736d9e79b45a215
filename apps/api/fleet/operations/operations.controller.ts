import { Controller, Get, Param, Query, UseFilters } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { CurrentCaller } from '#apps/api/http/api-request';
import { limitOf } from '#apps/api/http/query/paging';
import { many, one, requireKnown } from '#apps/api/http/query/query';
import type { Query as ListQuery } from '#apps/api/http/query/query';
import type { Caller } from '#libs/common/caller';
import { InvalidInputError } from '#libs/common/errors';
import { requireName, UUID } from '#libs/common/names';
import { OperationLog } from '#libs/operations/operation-log';
import { isOperationState } from '#libs/operations/operation-states';
import type { OperationState } from '#libs/operations/operation.entity';
import { FleetErrorFilter } from '../fleet.errors.js';
import { renderOperation, renderStep } from './operation.renderer.js';

const FIELDS = ['project_id', 'resource_type', 'resource_id', 'kind', 'parent_id', 'state', 'marker', 'limit'];

/** Operations as they are recorded. Administrators see all, other callers those of their project. */
@ApiTags('fleet')
@UseFilters(FleetErrorFilter)
@Controller('fleet/v1/operations')
export class OperationsController {
  constructor(private readonly log: OperationLog) {}

  @Get()
  async list(@CurrentCaller() caller: Caller, @Query() query: ListQuery): Promise<{ operations: object[] }> {
    requireKnown(query, FIELDS);
    const found = await this.log.list(caller, {
      projectId: one(query, 'project_id'),
      resourceType: one(query, 'resource_type'),
      resourceId: one(query, 'resource_id'),
      kind: one(query, 'kind'),
      parentId: parentOf(query),
      states: many(query, 'state').map(parseState),
      marker: one(query, 'marker'),
      limit: limitOf(query),
    });
    return { operations: found.map(renderOperation) };
  }

  @Get(':id')
  async show(@CurrentCaller() caller: Caller, @Param('id') id: string): Promise<{ operation: object }> {
    const { steps, ...view } = await this.log.get(caller, requireName('id', id, UUID, 'a UUID'));
    return { operation: { ...renderOperation(view), steps: steps.map((step) => renderStep(step, view.whole)) } };
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
