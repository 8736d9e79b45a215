import { Body, Delete, Get, HttpCode, Param, Post } from '@nestjs/common';
import { NotFoundError } from '#libs/common/errors';
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
    private readonly migrations: Migrations,
    private readonly running: RunningMoves,
  ) {}

  @Get()
  async list(@Compute() request: ComputeRequest, @Param('id') id: string) {
    requireVersion(request, 23);
    const found = await this.migrations.inProgress(request.caller, id);
    return { migrations: found.map((view) => renderServerMigration(view, request.version)) };
  }

  @Get(':migration')
  async show(@Compute() request: ComputeRequest, @Param('id') id: string, @Param('migration') migration: string) {
    requireVersion(request, 23);
    const found = await this.migrations.get(request.caller, id, numberOf(migration));
    return { migration: renderServerMigration(found, request.version) };
  }

  /** Nova API: aborts a running live migration; from 2.65 on also one that is queued or preparing. */
  @Delete(':migration')
  @HttpCode(202)
  async delete(
    @Compute() request: ComputeRequest,
    @Param('id') id: string,
    @Param('migration') migration: string,
  ): Promise<void> {
    requireVersion(request, 24);
    await this.running.abort(request.caller, id, numberOf(migration), request.version >= 65);
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
    requireVersion(request, 22);
    parseBody(ForceCompleteDto, body, { version: request.version });
    await this.running.forceComplete(request.caller, id, numberOf(migration));
  }
}

function requireVersion({ version }: ComputeRequest, since: number): void {
  if (version < since) throw new NotFoundError('Resource', 'migrations');
}

function numberOf(migration: string): number {
  if (!/^\d{1,9}$/.test(migration)) throw new NotFoundError('Migration', migration);
  return Number(migration);
}
