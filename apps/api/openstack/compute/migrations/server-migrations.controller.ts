import { Body, Delete, Get, HttpCode, Param, Post } from '@nestjs/common';
import { NotFoundError } from '#libs/common/errors';
import { Instances } from '#libs/compute/instances/instances';
import { Migrations } from '#libs/mobility/migrations/migrations.service';
import { RunningMoves } from '#libs/mobility/migrations/running-moves.service';
import { TakesBare } from '#apps/api/http/body/body-schema';
import { parseBody } from '#apps/api/http/body/parse-body';
import { ComputeController } from '../http/compute-controller.js';
import { Compute } from '../http/compute-request.js';
import type { ComputeRequest } from '../http/compute-request.js';
import { ForceCompleteDto } from './force-complete.dto.js';
import { renderServerMigration } from './migration.renderer.js';

/** Nova API: /servers/{id}/migrations (2.22, 2.23, 2.24): live migrations in progress. */
@ComputeController('servers/:id/migrations')
export class ServerMigrationsController {
  constructor(
    private readonly instances: Instances,
    private readonly migrations: Migrations,
    private readonly running: RunningMoves,
  ) {}

  @Get()
  async list(@Compute() request: ComputeRequest, @Param('id') id: string) {
    await this.admit(request, id, 23);
    const found = await this.migrations.list({ instanceId: id, inProgress: true });
    return { migrations: found.map((view) => renderServerMigration(view, request.version)) };
  }

  @Get(':migration')
  async show(@Compute() request: ComputeRequest, @Param('id') id: string, @Param('migration') migration: string) {
    await this.admit(request, id, 23);
    return { migration: renderServerMigration(await this.migrations.get(id, numberOf(migration)), request.version) };
  }

  /** Nova API: aborts a running live migration; from 2.65 on also one that is queued or preparing. */
  @Delete(':migration')
  @HttpCode(202)
  async delete(
    @Compute() request: ComputeRequest,
    @Param('id') id: string,
    @Param('migration') migration: string,
  ): Promise<void> {
    await this.admit(request, id, 24);
    await this.running.abort(id, numberOf(migration), request.version >= 65);
  }

  /** Nova API: `force_complete`. */
  @Post(':migration/action')
  @TakesBare(ForceCompleteDto)
  @HttpCode(202)
  async act(
    @Compute() request: ComputeRequest,
    @Param('id') id: string,
    @Param('migration') migration: string,
    @Body() body: unknown,
  ): Promise<void> {
    await this.admit(request, id, 22);
    parseBody(ForceCompleteDto, body, { version: request.version });
    await this.running.forceComplete(request.caller, id, numberOf(migration));
  }

  private async admit(request: ComputeRequest, id: string, since: number): Promise<void> {
    if (request.version < since) throw new NotFoundError('Resource', 'migrations');
    await this.instances.get(request.caller, id);
  }
}

function numberOf(migration: string): number {
  if (!/^\d{1,9}$/.test(migration)) throw new NotFoundError('Migration', migration);
  return Number(migration);
}
