import { Body, Controller, Delete, Get, HttpCode, Param, Post, Query, UseFilters } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { IsIn, IsInt, IsOptional, Max, Min } from 'class-validator';
import { CurrentCaller } from '#apps/api/http/api-request';
import { TakesBare } from '#apps/api/http/body/body-schema';
import { parseBody } from '#apps/api/http/body/parse-body';
import { limitOf } from '#apps/api/http/query/paging';
import { one, requireKnown } from '#apps/api/http/query/query';
import type { Query as ListQuery } from '#apps/api/http/query/query';
import type { Caller } from '#libs/common/caller';
import { Hosts } from '#libs/fleet/hosts/hosts.service';
import type { LivePolicy, MoveBatchItem } from '#libs/mobility/batches/move-batch.entity';
import { MoveBatches } from '#libs/mobility/batches/move-batches.service';
import { Drains } from '#libs/mobility/drain/drains.service';
import { FleetErrorFilter } from '../fleet.errors.js';

class DrainBody {
  @IsOptional()
  @IsInt({ message: 'a number of moves at once' })
  @Min(1, { message: '1 or more' })
  @Max(16, { message: '16 or less' })
  parallel?: number;

  @IsOptional()
  @IsIn(['require', 'prefer', 'never'], { message: 'require, prefer or never' })
  live?: LivePolicy;

  @IsOptional()
  @IsInt({ message: 'a number of seconds' })
  @Min(1, { message: '1 or more' })
  @Max(86_400, { message: '86400 or less' })
  timeout?: number;
}

/** For operators: empties a host. A host's drain is its latest one. */
@ApiTags('fleet')
@UseFilters(FleetErrorFilter)
@Controller('fleet/v1/hosts/:host/drain')
export class DrainController {
  constructor(
    private readonly hosts: Hosts,
    private readonly drains: Drains,
    private readonly batches: MoveBatches,
  ) {}

  @Post()
  @TakesBare(DrainBody)
  @HttpCode(202)
  async begin(@CurrentCaller() caller: Caller, @Param('host') name: string, @Body() body: unknown): Promise<object> {
    const { parallel = 2, live = 'require', timeout = 3600 } = parseBody(DrainBody, body ?? {});
    const { id } = await this.hosts.get(name);
    const batch = await this.drains.begin(caller, id, { parallel, live, timeoutSeconds: timeout });
    return this.render(batch.id, {});
  }

  @Get()
  async show(@Param('host') name: string, @Query() query: ListQuery): Promise<object> {
    requireKnown(query, ['marker', 'limit']);
    const page = { marker: one(query, 'marker'), limit: limitOf(query) };
    return this.render(await this.find(name), page);
  }

  @Delete()
  @HttpCode(202)
  async abort(@Param('host') name: string): Promise<object> {
    const id = await this.find(name);
    await this.batches.abort(id);
    return this.render(id, {});
  }

  @Post('resume')
  @HttpCode(202)
  async resume(@CurrentCaller() caller: Caller, @Param('host') name: string): Promise<object> {
    const id = await this.find(name);
    await this.batches.resume(caller, id);
    return this.render(id, {});
  }

  private async find(name: string): Promise<string> {
    return this.drains.latest((await this.hosts.get(name)).id);
  }

  private async render(id: string, page: { marker?: string; limit?: number }): Promise<object> {
    const [{ batch, operation, counts, etaSeconds }, items] = await Promise.all([
      this.batches.view(id),
      this.batches.items(id, page),
    ]);
    const { meanSeconds, ...numbers } = counts;
    const { hostId, live, parallel } = batch;
    return {
      drain: {
        id,
        host_id: hostId,
        operation_id: operation.id,
        state: operation.state,
        failure: operation.failure,
        live,
        parallel,
        ...numbers,
        remaining: counts.total - counts.done,
        mean_seconds: meanSeconds,
        eta_seconds: etaSeconds,
        items: items.map(renderItem),
      },
    };
  }
}

function renderItem(item: MoveBatchItem): object {
  return {
    server_id: item.instanceId,
    action: item.action,
    status: item.status,
    migration_uuid: item.migrationUuid,
    reason: item.reason,
    bytes: item.bytes,
    started_at: item.startedAt,
    finished_at: item.finishedAt,
  };
}
