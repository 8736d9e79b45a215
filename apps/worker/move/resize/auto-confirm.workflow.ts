import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { ConflictError, UnavailableError } from '#libs/common/errors';
import { settings } from '#libs/common/settings/settings';
import { createLogger } from '#libs/common/logger';
import { Migration } from '#libs/mobility/migrations/migration.entity';
import { Mandate } from '#libs/mobility/migrations/mandate';
import { Migrations } from '#libs/mobility/migrations/migrations.service';
import type { NewOperation } from '#libs/operations/operations.service';
import type { StepRun, Workflow } from '#libs/operations/workflow';

type Run = StepRun<object, object>;

/**
 * What confirms a resize or cold move that nobody has confirmed in LXSTACK_RESIZE_CONFIRM_WINDOW seconds; null where
 * that is 0, the default (Nova: resize_confirm_window). On the migration: it holds up nothing on the instance.
 */
export function autoConfirmOf(
  migrationId: string,
  delaySeconds = settings('moves').confirmWindowSeconds,
): NewOperation | null {
  if (delaySeconds <= 0) return null;
  const kind = 'migration.auto-confirm';
  return {
    kind,
    queue: 'maintenance',
    resourceType: 'migration',
    resourceId: migrationId,
    by: null,
    input: {},
    delaySeconds,
  };
}

/** Confirms a resize that nobody has confirmed or reverted in time (Nova: resize_confirm_window). */
@Injectable()
export class AutoConfirmWorkflow implements Workflow<object, object> {
  readonly kind = 'migration.auto-confirm';
  readonly queue = 'maintenance';
  readonly steps = [{ name: 'confirm', run: (run: Run) => this.confirm(run), attempts: 20 }];
  private readonly log = createLogger('worker');

  constructor(
    private readonly database: DataSource,
    private readonly migrations: Migrations,
  ) {}

  /** Confirmed, reverted or deleted meanwhile: there is nothing to do. */
  private async confirm({ operation }: Run): Promise<void> {
    const uuid = operation.resourceId;
    const migration = await this.database.manager.findOneByOrFail(Migration, { uuid });
    if (migration.status !== 'finished') return;
    const { instanceId, projectId, userId } = migration;
    try {
      await this.migrations.confirmResize(
        new Mandate({ projectId, userId, requestId: operation.requestId }),
        instanceId,
      );
    } catch (error) {
      // Something else is being done to it.
      throw error instanceof ConflictError ? new UnavailableError(error.message) : error;
    }
  }

  /** It goes on waiting for its user. */
  failed({ operation }: Pick<Run, 'operation'>, error: Error): Promise<void> {
    this.log.warn({ migration: operation.resourceId, reason: error.message }, 'not confirmed by itself');
    return Promise.resolve();
  }
}
