import { Injectable } from '@nestjs/common';
import { DataSource, MoreThan } from 'typeorm';
import type { EntityManager } from 'typeorm';
import { settings } from '#libs/common/settings/settings';
import { ConflictError, messageOf } from '#libs/common/errors';
import { Instance } from '#libs/compute/instances/instance.entity';
import type { TaskState } from '#libs/compute/instances/instance.entity';
import { InstanceTransitions } from '#libs/compute/instances/states/instance-transitions';
import { Migration } from '#libs/mobility/migrations/migration.entity';
import type { MigrationStatus } from '#libs/mobility/migrations/migration.entity';
import type { MoveInput } from '#libs/mobility/migrations/move-operations';
import { statusesBefore } from '#libs/mobility/migrations/migration-states';
import type { Operation } from '#libs/operations/operation.entity';
import { faultOf } from '../instance/fault.js';
import { MoveFailedError } from './move.errors.js';

/** How long a source stays frozen at most before it asks who owns the instance. */
export const switchTimeoutMs = (): number => settings('moves').switchSeconds * 1000;
/** The commit's own deadline, counted from the freeze as the worker hears of it: well before the source's. */
const commitWithinMs = (): number => switchTimeoutMs() * 0.6;

/** The record of a move in `migrations`: each change is guarded by the table of states. */
@Injectable()
export class MoveLedger {
  constructor(
    private readonly database: DataSource,
    private readonly transitions: InstanceTransitions,
  ) {}

  /** Moves the status on; a repeated step that finds it there already is a success. */
  async become(tx: EntityManager, migrationId: string, status: MigrationStatus): Promise<void> {
    const migration = await tx.findOneByOrFail(Migration, { uuid: migrationId });
    if (migration.status === status) return;
    const from = statusesBefore(migration.migrationType, status);
    const result = await tx
      .createQueryBuilder()
      .update(Migration)
      .set({ status })
      .where('uuid = :migrationId AND status IN (:...from)', { migrationId, from })
      .execute();
    if (!result.affected)
      throw new ConflictError(`Migration ${migrationId} is ${migration.status}, not to be ${status}`);
  }

  /** The source has frozen it: from now on a commit may be made, for a while. Only the first call sets the time. */
  async openSwitch(migrationId: string): Promise<void> {
    await this.database.query(
      `UPDATE migrations SET switch_deadline = clock_timestamp() + $2 * interval '1 millisecond'
       WHERE uuid = $1 AND status = 'running' AND switch_deadline IS NULL`,
      [migrationId, commitWithinMs()],
    );
  }

  /** In the transaction of a commit without a time limit. Throws MoveFailedError where an end has given the move up. */
  async requireOpen(tx: EntityManager, migrationId: string): Promise<void> {
    const rows = await tx.query<unknown[]>(
      `SELECT FROM migrations
       WHERE uuid = $1 AND (switch_deadline IS NULL OR switch_deadline > clock_timestamp()) FOR UPDATE`,
      [migrationId],
    );
    if (!rows.length) throw new MoveFailedError('commit', 'an end of the move has given it up meanwhile');
  }

  /** After this no worker can commit any more. Throws ConflictError where one already has. */
  async closeSwitch(migrationId: string): Promise<void> {
    const [rows] = await this.database.query<[unknown[], number]>(
      `UPDATE migrations SET switch_deadline = clock_timestamp() WHERE uuid = $1 AND status <> 'post-migrating' RETURNING uuid`,
      [migrationId],
    );
    if (!rows.length) throw new ConflictError(`Migration ${migrationId} has been committed`);
  }

  /** Whether the instance's epoch is newer than this one. */
  async isPast(tx: EntityManager, instanceId: string, epoch: number): Promise<boolean> {
    return tx.existsBy(Instance, { id: instanceId, epoch: MoreThan(epoch) });
  }

  async isOn(tx: EntityManager, instanceId: string, hostId: string): Promise<boolean> {
    return tx.existsBy(Instance, { id: instanceId, hostId });
  }

  /**
   * A move that has failed. Undone: error (or cancelled where that was asked for), the instance as it was before. Failed
   * after its commit, when every try was used up: the instance is in ERROR where it is now, for an operator.
   */
  async failed(tx: EntityManager, operation: Operation, input: MoveInput, tasks: TaskState[], error: Error) {
    const uuid = input.migrationId;
    const committed = await tx.existsBy(Migration, { uuid, status: 'post-migrating' });
    const status = error.name === 'OperationCancelledError' ? 'cancelled' : 'error';
    await tx.update(Migration, { uuid }, { status, failure: failureOf(operation, error) });
    if (committed) await this.transitions.setError(tx, operation.resourceId, faultOf(error));
    else for (const task of tasks) await this.transitions.clearTask(tx, operation.resourceId, task);
  }
}

/** The failed step as the agent named it; otherwise, after a change of worker, the phase in the record. */
function failureOf(operation: Operation, error: Error): NonNullable<Migration['failure']> {
  const step = error instanceof MoveFailedError ? error.step : (operation.failure?.step ?? '');
  const logTail = 'details' in error && Array.isArray(error.details) ? error.details.map(String) : [];
  return { step, reason: messageOf(error), logTail };
}
