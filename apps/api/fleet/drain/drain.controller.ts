import { Body, Controller, Delete, Get, HttpCode, Param, Post, Query, UseFilters } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { CurrentCaller } from '#apps/api/http/api-request';
import { TakesBare } from '#apps/api/http/body/body-schema';
import { parseBody } from '#apps/api/http/body/parse-body';
import { limitOf } from '#apps/api/http/query/paging';
import { one, requireKnown } from '#apps/api/http/query/query';
import type { Query as ListQuery } from '#apps/api/http/query/query';
import type { Caller } from '#libs/common/caller';
import { Drains } from '#libs/mobility/drain/drains.service';
import { FleetErrorFilter } from '../fleet.errors.js';
import { DrainBody } from './drain.dto.js';
import { renderDrain } from './drain.renderer.js';

/** For operators: empties a host. A host's drain is its latest one. */
@ApiTags('fleet')
@UseFilters(FleetErrorFilter)
@Controller('fleet/v1/hosts/:host/drain')
export class DrainController {
  constructor(private readonly drains: Drains) {}

  @Post()
  @TakesBare(DrainBody)
  @HttpCode(202)
  async begin(@CurrentCaller() caller: Caller, @Param('host') host: string, @Body() body: unknown): Promise<object> {
    const { parallel = 2, live = 'require', timeout = 3600 } = parseBody(DrainBody, body ?? {});
    const input = { parallel, live, timeoutSeconds: timeout };
    return { drain: renderDrain(await this.drains.begin(caller, host, input)) };
  }

  @Get()
  async show(@CurrentCaller() caller: Caller, @Param('host') host: string, @Query() query: ListQuery): Promise<object> {
    requireKnown(query, ['marker', 'limit']);
    const page = { marker: one(query, 'marker'), limit: limitOf(query) };
    return { drain: renderDrain(await this.drains.show(caller, host, page)) };
  }

  @Delete()
  @HttpCode(202)
  async abort(@CurrentCaller() caller: Caller, @Param('host') host: string): Promise<object> {
    return { drain: renderDrain(await this.drains.abort(caller, host)) };
  }

  @Post('resume')
  @HttpCode(202)
  async resume(@CurrentCaller() caller: Caller, @Param('host') host: string): Promise<object> {
    return { drain: renderDrain(await this.drains.resume(caller, host)) };
  }
}
