import { Controller, Get, Param, Query, UseFilters } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { CurrentCaller } from '#apps/api/http/api-request';
import { limitOf } from '#apps/api/http/query/paging';
import { one, requireKnown } from '#apps/api/http/query/query';
import type { Query as ListQuery } from '#apps/api/http/query/query';
import type { Caller } from '#libs/common/caller';
import { Instances } from '#libs/compute/instances/instances';
import { MoveEligibility } from '#libs/mobility/eligibility/move-eligibility';
import { allows } from '#libs/policy/policy';
import { FleetErrorFilter } from '../fleet.errors.js';
import { ownersView } from '#libs/mobility/eligibility/owners-view';

/**
 * Whether an instance can be moved, and why not. Owners read what the instance's own states say, administrators also
 * what hosts say.
 */
@ApiTags('fleet')
@UseFilters(FleetErrorFilter)
@Controller('fleet/v1/instances/:id/mobility')
export class MobilityController {
  constructor(
    private readonly instances: Instances,
    private readonly mobility: MoveEligibility,
  ) {}

  @Get()
  async show(
    @CurrentCaller() caller: Caller,
    @Param('id') id: string,
    @Query() query: ListQuery,
  ): Promise<{ mobility: object }> {
    const instance = await this.instances.get(caller, id);
    requireKnown(query, ['marker', 'limit']);
    const page = { marker: one(query, 'marker'), limit: limitOf(query) };
    const report = await this.mobility.report(instance, page);
    const whole = allows(caller, 'fleet:failures:details');
    const { live, cold, init, memoryBytes } = whole ? report : ownersView(instance, report);
    const shown = { instance_id: id, live, cold, init, memory_bytes: memoryBytes };
    return { mobility: whole ? { ...shown, targets: report.targets } : shown };
  }
}
