import { Body, Controller, Delete, Get, HttpCode, Param, Post, Query, UseFilters } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { ArrayNotEmpty, IsIn, IsInt, IsISO8601, IsNumber, IsOptional, Max, Min } from 'class-validator';
import { CurrentCaller } from '#apps/api/http/api-request';
import { TakesBare } from '#apps/api/http/body/body-schema';
import { parseBody } from '#apps/api/http/body/parse-body';
import { limitOf } from '#apps/api/http/query/paging';
import { one, requireKnown } from '#apps/api/http/query/query';
import type { Query as ListQuery } from '#apps/api/http/query/query';
import type { Caller } from '#libs/common/caller';
import { requireName, UUID } from '#libs/common/names';
import { RebalancePlans } from '#libs/mobility/rebalance/rebalance-plans.service';
import type { PlanView } from '#libs/mobility/rebalance/rebalance-plans.service';
import type { MoveKind, PlannedMove, RebalanceSettings } from '#libs/scheduling/rebalance/plan';
import { FleetErrorFilter } from '../fleet.errors.js';

class PlanBody {
  @IsOptional()
  @IsIn(['deviation', 'range'], { message: 'deviation or range' })
  goal?: RebalanceSettings['goal'];

  @IsOptional()
  @IsNumber({}, { message: 'a number from 0 to 1' })
  @Min(0, { message: '0 or more' })
  @Max(1, { message: '1 or less' })
  threshold?: number;

  @IsOptional()
  @ArrayNotEmpty({ message: 'a list of live and cold' })
  @IsIn(['live', 'cold'], { each: true, message: 'a list of live and cold' })
  kinds?: MoveKind[];

  @IsOptional()
  @IsInt({ message: 'a number of moves' })
  @Min(1, { message: '1 or more' })
  @Max(1000, { message: '1000 or less' })
  max_moves?: number;

  @IsOptional()
  @IsInt({ message: 'a number of bytes' })
  @Min(0, { message: '0 or more' })
  max_bytes?: number;

  @IsOptional()
  @IsInt({ message: 'a number of milliseconds' })
  @Min(0, { message: '0 or more' })
  max_blackout_ms?: number;
}

class ApplyBody {
  @IsOptional()
  @IsInt({ message: 'a number of moves at once' })
  @Min(1, { message: '1 or more' })
  @Max(16, { message: '16 or less' })
  parallel?: number;
}

class ScheduleBody extends ApplyBody {
  @IsISO8601({ strict: true }, { message: 'a time such as 2026-01-31T02:00:00Z' })
  at: string;
}

/** For operators: plans that even out the hosts' loads. */
@ApiTags('fleet')
@UseFilters(FleetErrorFilter)
@Controller('fleet/v1/rebalance-plans')
export class RebalanceController {
  constructor(private readonly plans: RebalancePlans) {}

  @Post()
  @TakesBare(PlanBody)
  @HttpCode(201)
  async propose(@Body() body: unknown): Promise<object> {
    return show(await this.plans.propose(settingsOf(parseBody(PlanBody, body ?? {}))));
  }

  @Get()
  async list(@Query() query: ListQuery): Promise<object> {
    requireKnown(query, ['marker', 'limit']);
    const found = await this.plans.list({ marker: one(query, 'marker'), limit: limitOf(query) });
    return { rebalance_plans: found.map(summary) };
  }

  @Get(':id')
  async show(@Param('id') id: string): Promise<object> {
    return show(await this.plans.get(idOf(id)));
  }

  @Post(':id/apply')
  @TakesBare(ApplyBody)
  @HttpCode(202)
  async apply(@CurrentCaller() caller: Caller, @Param('id') id: string, @Body() body: unknown): Promise<object> {
    const { parallel = 1 } = parseBody(ApplyBody, body ?? {});
    return show(await this.plans.apply(caller, idOf(id), { parallel, at: null }));
  }

  @Post(':id/schedule')
  @TakesBare(ScheduleBody)
  @HttpCode(202)
  async schedule(@CurrentCaller() caller: Caller, @Param('id') id: string, @Body() body: unknown): Promise<object> {
    const { parallel = 1, at } = parseBody(ScheduleBody, body);
    return show(await this.plans.apply(caller, idOf(id), { parallel, at: new Date(at) }));
  }

  @Delete(':id')
  @HttpCode(202)
  async cancel(@Param('id') id: string): Promise<object> {
    return show(await this.plans.cancel(idOf(id)));
  }
}

function idOf(id: string): string {
  return requireName('id', id, UUID, 'a UUID');
}

function settingsOf(body: PlanBody): RebalanceSettings {
  return {
    goal: body.goal ?? 'deviation',
    threshold: body.threshold ?? 0.05,
    weights: { vcpus: 1, memory: 1, disk: 0 },
    kinds: body.kinds ?? ['live'],
    maxMoves: body.max_moves ?? 100,
    maxBytes: body.max_bytes ?? null,
    maxBlackoutMs: body.max_blackout_ms ?? null,
  };
}

function show(view: PlanView): object {
  return { rebalance_plan: { ...summary(view), moves: view.stored.plan.moves.map(renderMove) } };
}

function summary({ stored, status, operation }: PlanView) {
  const { id, settings, plan, scheduledAt, createdAt, batchId } = stored;
  const { cost, spreadBefore, spreadAfter, end, reasons, moves } = plan;
  return {
    id,
    status,
    goal: settings.goal,
    threshold: settings.threshold,
    kinds: settings.kinds,
    move_count: moves.length,
    spread_before: spreadBefore,
    spread_after: spreadAfter,
    bytes: cost.bytes,
    blackout_ms: cost.blackoutMs,
    longest_blackout_ms: cost.longestBlackoutMs,
    end,
    reasons,
    batch_id: batchId,
    operation_id: operation?.id ?? null,
    failure: operation?.failure ?? null,
    scheduled_at: scheduledAt,
    created_at: createdAt,
  };
}

function renderMove({ instanceId, instance, from, to, kind, cost, spreadAfter }: PlannedMove): object {
  return {
    server_id: instanceId,
    server: instance,
    from,
    to,
    kind,
    bytes: cost.bytes,
    blackout_ms: cost.blackoutMs,
    spread_after: spreadAfter,
  };
}
