import { Get } from '@nestjs/common';
import type { MigrationStatus, MigrationType } from '#libs/mobility/migrations/migration.entity';
import { Migrations } from '#libs/mobility/migrations/migrations.service';
import { ComputeController } from '../http/compute-controller.js';
import { Compute } from '../http/compute-request.js';
import type { ComputeRequest } from '../http/compute-request.js';
import type { Microversion } from '../http/microversion.js';
import { links, nextLinks } from '../http/links.js';
import { limitOf } from '#apps/api/http/query/paging';
import { flag, one, requireKnown } from '#apps/api/http/query/query';
import { changesIn } from '../http/changes.js';
import { renderMigration } from './migration.renderer.js';

/** Nova API: /os-migrations */
@ComputeController('os-migrations')
export class MigrationsController {
  constructor(private readonly migrations: Migrations) {}

  @Get()
  async list(@Compute() request: ComputeRequest) {
    const { caller, query, version, base } = request;
    const text = (field: string) => one(query, field);
    if (version >= 59) requireKnown(query, knownFields(version));
    const limit = limitOf(query);
    // Nova hides a migration when a newer one replaces it; none is hidden here.
    const hidden = flag(query, 'hidden');
    const found = hidden
      ? []
      : await this.migrations.list(caller, {
          instanceId: text('instance_uuid'),
          host: text('host'),
          status: text('status') as MigrationStatus | undefined,
          migrationType: text('migration_type') as MigrationType | undefined,
          projectId: version >= 80 ? text('project_id') : undefined,
          userId: version >= 80 ? text('user_id') : undefined,
          marker: version >= 59 ? text('marker') : undefined,
          ...(version >= 59 && changesIn(query, version)),
          sourceHost: text('source_compute'),
          limit,
        });
    const next = nextLinks(
      request.url,
      query,
      found.map(({ uuid }) => ({ id: uuid })),
      limit,
    );
    const migrations = found.map((view) => ({
      ...renderMigration(view, version),
      ...(version >= 23 &&
        isInProgress(view.migrationType, view.status) && {
          links: links(base, `servers/${view.instanceId}/migrations/${view.id}`),
        }),
    }));
    return { migrations, ...(version >= 59 && next.length && { migrations_links: next }) };
  }
}

/** Nova API: schemas/migrations.py. */
function knownFields(version: Microversion): string[] {
  return [
    ...['hidden', 'host', 'instance_uuid', 'source_compute', 'status', 'migration_type', 'limit', 'marker'],
    'changes-since',
    ...(version >= 66 ? ['changes-before'] : []),
    ...(version >= 80 ? ['user_id', 'project_id'] : []),
  ];
}

/** Nova links a migration only where GET /servers/{id}/migrations would show it. */
function isInProgress(type: MigrationType, status: MigrationStatus): boolean {
  return type === 'live-migration' && ['queued', 'preparing', 'running', 'post-migrating'].includes(status);
}
