import { Controller, Get, Param, UseFilters } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { NotFoundError } from '#libs/common/errors';
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
  async show(@Param('id') id: string): Promise<object> {
    const [view] = await this.migrations.list({ uuid: requireName('id', id, UUID, 'a UUID'), limit: 1 });
    if (!view) throw new NotFoundError('Migration', id);
    return { migration: renderMigration(view) };
  }
}
