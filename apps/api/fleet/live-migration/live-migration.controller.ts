import { Body, Controller, Get, HttpCode, Param, Post, UseFilters } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { IsIn, IsOptional, Matches } from 'class-validator';
import { CurrentCaller } from '#apps/api/http/api-request';
import { TakesBare } from '#apps/api/http/body/body-schema';
import { parseBody } from '#apps/api/http/body/parse-body';
import { memoryModes } from '#libs/agent-protocol/memory-modes';
import type { MemoryMode } from '#libs/agent-protocol/memory-modes';
import type { Caller } from '#libs/common/caller';
import { NotFoundError } from '#libs/common/errors';
import { Instances } from '#libs/compute/instances/instances';
import { Migrations } from '#libs/mobility/migrations/migrations.service';
import { FleetErrorFilter } from '../fleet.errors.js';
import { renderMigration } from '../migrations/migration.renderer.js';

class LiveMigrationBody {
  /** Name of the target; absent: the scheduler chooses. */
  @IsOptional()
  @Matches(/^[A-Za-z0-9][A-Za-z0-9.-]{0,254}$/, { message: 'the name of a host' })
  host?: string;

  /** Absent: the source chooses the cheapest. */
  @IsOptional()
  @IsIn(memoryModes, { message: memoryModes.join(', ') })
  memory_mode?: MemoryMode;
}

/**
 * For operators: live migration with what os-migrateLive cannot say. An instance's live migration is its latest one.
 */
@ApiTags('fleet')
@UseFilters(FleetErrorFilter)
@Controller('fleet/v1/instances/:id/live-migration')
export class LiveMigrationController {
  constructor(
    private readonly instances: Instances,
    private readonly migrations: Migrations,
  ) {}

  @Post()
  @TakesBare(LiveMigrationBody)
  @HttpCode(202)
  async begin(@CurrentCaller() caller: Caller, @Param('id') id: string, @Body() body: unknown): Promise<object> {
    const { host, memory_mode: memoryMode } = parseBody(LiveMigrationBody, body ?? {});
    const instance = await this.instances.get(caller, id);
    await this.migrations.liveMigrate(caller, instance.id, { host, memoryMode });
    return this.render(instance.id);
  }

  @Get()
  async show(@CurrentCaller() caller: Caller, @Param('id') id: string): Promise<object> {
    return this.render((await this.instances.get(caller, id)).id);
  }

  private async render(instanceId: string): Promise<object> {
    const [view] = await this.migrations.list({ instanceId, migrationType: 'live-migration', limit: 1 });
    if (!view) throw new NotFoundError('Live migration of instance', instanceId);
    return { live_migration: renderMigration(view) };
  }
}
