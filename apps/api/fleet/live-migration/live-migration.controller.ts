import { Body, Controller, Get, HttpCode, Param, Post, UseFilters } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { CurrentCaller } from '#apps/api/http/api-request';
import { TakesBare } from '#apps/api/http/body/body-schema';
import { parseBody } from '#apps/api/http/body/parse-body';
import type { Caller } from '#libs/common/caller';
import { Migrations } from '#libs/mobility/migrations/migrations.service';
import { FleetErrorFilter } from '../fleet.errors.js';
import { renderMigration } from '../migrations/migration.renderer.js';
import { LiveMigrationBody } from './live-migration.dto.js';

/**
 * For operators: live migration with what os-migrateLive cannot say. An instance's live migration is its latest one.
 */
@ApiTags('fleet')
@UseFilters(FleetErrorFilter)
@Controller('fleet/v1/instances/:id/live-migration')
export class LiveMigrationController {
  constructor(private readonly migrations: Migrations) {}

  @Post()
  @TakesBare(LiveMigrationBody)
  @HttpCode(202)
  async begin(@CurrentCaller() caller: Caller, @Param('id') id: string, @Body() body: unknown): Promise<object> {
    const { host, memory_mode: memoryMode } = parseBody(LiveMigrationBody, body ?? {});
    const rule = 'fleet:instances:live-migrate';
    await this.migrations.liveMigrate(caller, id, { host, memoryMode }, rule);
    return { live_migration: renderMigration(await this.migrations.latestLive(caller, id, rule)) };
  }

  @Get()
  async show(@CurrentCaller() caller: Caller, @Param('id') id: string): Promise<object> {
    return { live_migration: renderMigration(await this.migrations.latestLive(caller, id)) };
  }
}
