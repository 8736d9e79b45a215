import { Controller, Get, Param, UseFilters } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { CurrentCaller } from '#apps/api/http/api-request';
import type { Caller } from '#libs/common/caller';
import { requireName, UUID } from '#libs/common/names';
import { Migrations } from '#libs/mobility/migrations/migrations.service';
import { FleetErrorFilter } from '../fleet.errors.js';
import { renderMigration } from './migration.renderer.js';

/** Operators: one move, with its timings and how its guest did afterwards. */
@ApiTags('fleet')
@UseFilters(FleetErrorFilter)
@Controller('fleet/v1/migrations')
export class FleetMigrationsController {
  constructor(private readonly migrations: Migrations) {}

  @Get(':id')
  async show(@CurrentCaller() caller: Caller, @Param('id') id: string): Promise<object> {
    return { migration: renderMigration(await this.migrations.show(caller, requireName('id', id, UUID, 'a UUID'))) };
  }
}
