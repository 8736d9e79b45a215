import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import type { EntityManager } from 'typeorm';
import { ConflictError, messageOf } from '#libs/common/errors';
import { Instance } from '#libs/compute/instances/instance.entity';
import type { TaskState } from '#libs/compute/instances/instance.entity';
import { InstanceTransitions } from '#libs/compute/instances/instance-transitions';
import { Migration } from '#libs/mobility/migrations/migration.entity';
import type { MigrationStatus } from '#libs/mobility/migrations/migration.entity';
import type { MoveInput } from '#libs/mobility/migrations/move-operations';
import { MoveRefusedError } from '#libs/mobility/migrations/move.errors';
import { statusesBefore } from '#libs/mobility/migrations/migration-states';
import type { Operation } from '#libs/operations/operation.entity';
import { MoveFailedError } from './move.errors.js';

/** How long a source stays frozen at most before it asks who owns the instance. */
export const switchTimeoutMs = 20_000;
/** The commit's own deadline, counted from the freeze as the worker hears of it: well before the source's. */
const commitWithinMs = 12_000;

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
      [migrationId, commitWithinMs],
    );
  }

  /** After this no worker can commit any more. Throws ConflictError where one already has. */
  async closeSwitch(migrationId: string): Promise<void> {
    const [rows] = await this.database.query<[unknown[], number]>(
      `UPDATE migrations SET switch_deadline = clock_timestamp() WHERE uuid = $1 AND status <> 'post-migrating' RETURNING uuid`,
      [migrationId],
    );
    if (!rows.length) throw new ConflictError(`Migration ${migrationId} has been committed`);
  }

  async isOn(tx: EntityManager, instanceId: string, hostId: string): Promise<boolean> {
    return tx.existsBy(Instance, { id: instanceId, hostId });
  }

  /** A move that was undone: error (or cancelled where it was asked for), and the instance as it was before. */
  async takenBack(tx: EntityManager, operation: Operation, input: MoveInput, tasks: TaskState[], error: Error) {
    const status = operation.cancelRequested ? 'cancelled' : 'error';
    await tx.update(Migration, { uuid: input.migrationId }, { status, failure: failureOf(operation, error) });
    for (const task of tasks) await this.transitions.clearTask(tx, operation.resourceId, task);
  }
}

function failureOf(operation: Operation, error: Error): NonNullable<Migration['failure']> {
  if (error instanceof MoveFailedError) return { step: error.step, reason: error.reason, logTail: error.logTail };
  const reasons = error instanceof MoveRefusedError ? error.reasons : [];
  return { step: operation.failure?.step ?? operation.step ?? '', reason: messageOf(error), logTail: reasons };
}
