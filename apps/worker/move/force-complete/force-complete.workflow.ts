import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { NotFoundError, UnavailableError } from '#libs/common/errors';
import { createLogger } from '#libs/common/logger';
import { FORCE_COMPLETION } from '#libs/mobility/migrations/force-completion';
import { Migration } from '#libs/mobility/migrations/migration.entity';
import { mayForceComplete } from '#libs/mobility/migrations/migration-states';
import type { StepRun, Workflow } from '#libs/operations/workflow';
import { HostCalls } from '../../host/host-calls.js';

type Run = StepRun<object, object>;

/** Tells the source of a live move to end its passes and switch. The move itself is another operation. */
@Injectable()
export class ForceCompleteWorkflow implements Workflow<object, object> {
  readonly kind = FORCE_COMPLETION;
  readonly queue = 'instance';
  readonly steps = [{ name: 'hurry', run: (run: Run) => this.hurry(run), attempts: 10 }];
  private readonly log = createLogger('worker');

  constructor(
    private readonly database: DataSource,
    private readonly hosts: HostCalls,
  ) {}

  /** One that has ended or is past its switch meanwhile cannot be hurried, and need not be. */
  private async hurry({ operation, signal }: Run): Promise<void> {
    const migrationId = operation.resourceId;
    const migration = await this.database.manager.findOneByOrFail(Migration, { uuid: migrationId });
    if (!mayForceComplete(migration.migrationType, migration.status)) return;
    const source = await this.hosts.agent(migration.sourceHostId);
    try {
      const { instanceId } = migration;
      await source.call('hurryMigration', { call: undefined, migrationId, instanceId }, signal);
    } catch (error) {
      // Prepared, but the source has not been told to send yet.
      throw error instanceof NotFoundError ? new UnavailableError(error.message) : error;
    }
  }

  /** The move goes on at its own pace. */
  failed({ operation }: Pick<Run, 'operation'>, error: Error): Promise<void> {
    this.log.warn({ migration: operation.resourceId, reason: error.message }, 'not hurried');
    return Promise.resolve();
  }
}
