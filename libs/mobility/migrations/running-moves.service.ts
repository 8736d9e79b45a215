import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import type { Caller } from '#libs/common/caller';
import { NotFoundError } from '#libs/common/errors';
import { InstanceTransitions } from '#libs/compute/instances/states/instance-transitions';
import { Operations } from '#libs/operations/operations.service';
import { closeSwitches } from '../../fleet/ownership/close-switches.js';
import { permit } from './mandate.js';
import type { Mandate } from './mandate.js';
import { forceCompletionOf } from './force-completion.js';
import { Migration } from './migration.entity.js';
import { mayForceComplete, isAbortable } from './migration-states.js';
import { MigrationNotFoundError, MigrationStateError } from './move.errors.js';

/** What operators may do to a live move that is under way. */
@Injectable()
export class RunningMoves {
  constructor(
    private readonly database: DataSource,
    private readonly operations: Operations,
    private readonly transitions: InstanceTransitions,
  ) {}

  /**
   * Nova API: DELETE /servers/{id}/migrations/{id}. Before the commit only, and then no commit follows. `queuedToo`: also
   * where its transfer has not begun (Nova: from 2.65 on). Throws InstanceStateError, NotFoundError,
   * MigrationStateError, PolicyDeniedError.
   */
  async abort(by: Caller | Mandate, instanceId: string, migrationId: number, queuedToo = true): Promise<void> {
    await permit(this.database.manager, by, instanceId, 'os_compute_api:servers:migrations:delete');
    const operationId = await this.database.transaction(async (tx) => {
      await this.transitions.requireMigrating(tx, instanceId, 'abort_live_migration');
      const migration = await tx.findOne(Migration, {
        where: { instanceId, id: migrationId },
        lock: { mode: 'pessimistic_write' },
      });
      if (!migration) throw new NotFoundError('Migration', String(migrationId));
      if (!isAbortable(migration.migrationType, migration.status, queuedToo))
        throw new MigrationStateError(migration.id, instanceId, migration.status, 'abort_live_migration');
      await closeSwitches(tx, [instanceId]);
      await this.operations.requestCancel(migration.operationId, tx);
      return migration.operationId;
    });
    // Asked again after the transaction: the worker is woken at once, and must find the commit of the first request.
    await this.operations.requestCancel(operationId);
  }

  /**
   * Nova API: force_complete: the passes before the switch end, the switch follows at once. Throws InstanceStateError,
   * MigrationNotFoundError, MigrationStateError, PolicyDeniedError.
   */
  async forceComplete(by: Caller, instanceId: string, migrationId: number): Promise<void> {
    await permit(this.database.manager, by, instanceId, 'os_compute_api:servers:migrations:force_complete');
    await this.operations.transact(async (tx, create) => {
      await this.transitions.requireMigrating(tx, instanceId, 'force_complete');
      const migration = await tx.findOneBy(Migration, { instanceId, id: migrationId });
      if (!migration) throw new MigrationNotFoundError(migrationId, instanceId);
      if (!mayForceComplete(migration.migrationType, migration.status))
        throw new MigrationStateError(migration.id, instanceId, migration.status, 'force_complete');
      await create(forceCompletionOf(migration.uuid, by));
    });
  }
}
