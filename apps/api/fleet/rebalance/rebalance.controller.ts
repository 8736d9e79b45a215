import { Body, Controller, Delete, Get, HttpCode, Param, Post, Query, UseFilters } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { CurrentCaller } from '#apps/api/http/api-request';
import { TakesBare } from '#apps/api/http/body/body-schema';
import { parseBody } from '#apps/api/http/body/parse-body';
import { limitOf } from '#apps/api/http/query/paging';
import { one, requireKnown } from '#apps/api/http/query/query';
import type { Query as ListQuery } from '#apps/api/http/query/query';
import type { Caller } from '#libs/common/caller';
import { requireName, UUID } from '#libs/common/names';
import { RebalancePlans } from '#libs/mobility/rebalance/rebalance-plans.service';
import { FleetErrorFilter } from '../fleet.errors.js';
import { ApplyBody, PlanBody, ScheduleBody, settingsOf } from './rebalance-plan.dto.js';
import { renderPlan, renderPlanSummary } from './rebalance-plan.renderer.js';

/** For operators: plans that even out the hosts' loads. */
@ApiTags('fleet')
@UseFilters(FleetErrorFilter)
@Controller('fleet/v1/rebalance-plans')
export class RebalanceController {
  constructor(private readonly plans: RebalancePlans) {}

  @Post()
  @TakesBare(PlanBody)
  @HttpCode(201)
  async propose(@CurrentCaller() caller: Caller, @Body() body: unknown): Promise<object> {
    const settings = settingsOf(parseBody(PlanBody, body ?? {}));
    return { rebalance_plan: renderPlan(await this.plans.propose(caller, settings)) };
  }

  @Get()
  async list(@CurrentCaller() caller: Caller, @Query() query: ListQuery): Promise<object> {
    requireKnown(query, ['marker', 'limit']);
    const found = await this.plans.list(caller, { marker: one(query, 'marker'), limit: limitOf(query) });
    return { rebalance_plans: found.map(renderPlanSummary) };
  }

  @Get(':id')
  async show(@CurrentCaller() caller: Caller, @Param('id') id: string): Promise<object> {
    return { rebalance_plan: renderPlan(await this.plans.get(caller, idOf(id))) };
  }

  @Post(':id/apply')
  @TakesBare(ApplyBody)
  @HttpCode(202)
  async apply(@CurrentCaller() caller: Caller, @Param('id') id: string, @Body() body: unknown): Promise<object> {
    const { parallel = 1 } = parseBody(ApplyBody, body ?? {});
    return { rebalance_plan: renderPlan(await this.plans.apply(caller, idOf(id), { parallel, at: null })) };
  }

  @Post(':id/schedule')
  @TakesBare(ScheduleBody)
  @HttpCode(202)
  async schedule(@CurrentCaller() caller: Caller, @Param('id') id: string, @Body() body: unknown): Promise<object> {
    const { parallel = 1, at } = parseBody(ScheduleBody, body);
    return { rebalance_plan: renderPlan(await this.plans.apply(caller, idOf(id), { parallel, at: new Date(at) })) };
  }

  @Delete(':id')
  @HttpCode(202)
  async cancel(@CurrentCaller() caller: Caller, @Param('id') id: string): Promise<object> {
    return { rebalance_plan: renderPlan(await this.plans.cancel(caller, idOf(id))) };
  }
}

function idOf(id: string): string {
  return requireName('id', id, UUID, 'a UUID');
}
