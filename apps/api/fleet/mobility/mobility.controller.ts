import { Controller, Get, Param, Query, UseFilters } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { CurrentCaller } from '#apps/api/http/api-request';
import { limitOf } from '#apps/api/http/query/paging';
import { one, requireKnown } from '#apps/api/http/query/query';
import type { Query as ListQuery } from '#apps/api/http/query/query';
import type { Caller } from '#libs/common/caller';
import { MoveEligibility } from '#libs/mobility/eligibility/move-eligibility';
import { FleetErrorFilter } from '../fleet.errors.js';
import { renderMobility } from './mobility.renderer.js';

/**
 * Whether an instance can be moved, and why not. Owners read what the instance's own states say, administrators also
 * what hosts say.
 */
@ApiTags('fleet')
@UseFilters(FleetErrorFilter)
@Controller('fleet/v1/instances/:id/mobility')
export class MobilityController {
  constructor(private readonly mobility: MoveEligibility) {}

  @Get()
  async show(
    @CurrentCaller() caller: Caller,
    @Param('id') id: string,
    @Query() query: ListQuery,
  ): Promise<{ mobility: object }> {
    requireKnown(query, ['marker', 'limit']);
    const page = { marker: one(query, 'marker'), limit: limitOf(query) };
    return { mobility: renderMobility(id, await this.mobility.show(caller, id, page)) };
  }
}
