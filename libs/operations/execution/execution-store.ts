import { DataSource } from 'typeorm';
import type { EntityManager } from 'typeorm';
import { entityOf } from '#libs/database/entity-row';
import { isUnmet } from '#libs/database/requirement';
import { Operation } from '../operation.entity.js';
import type { OperationFailure } from '../operation.entity.js';
import * as sql from './execution-sql.js';
import { LeaseLostError } from './interruptions.js';

/** An operation that this worker has leased. */
export interface Claimed {
  operation: Operation;
  /** Number of the present attempt at the step, as operation_steps counts. */
  attempt: number;
}

/** The attempt at a step that a change is about. */
export interface StepMark {
  step: string;
  attempt: number;
}

/**
 * The runner's statements. Each checks that this worker still has the lease; where it has not, it throws LeaseLostError
 * and changes nothing.
 */
export class ExecutionStore {
  constructor(
    readonly database: DataSource,
    readonly workerId: string,
    readonly leaseMs: number,
  ) {}

  /** Takes the lease and begins the step in one statement. Undefined where the operation must not run now. */
  async claim(operationId: string, firstStep: string): Promise<Claimed | undefined> {
    const [row] = await this.database.query<Record<string, unknown>[]>(sql.CLAIM, [
      operationId,
      firstStep,
      this.workerId,
      this.leaseMs,
    ]);
    return row && { operation: entityOf(this.database.manager, Operation, row), attempt: Number(row.attempt ?? 0) };
  }

  /** Renews the leases. Returns those still held, each with whether the operation was asked to stop. */
  async renew(operationIds: string[]): Promise<Map<string, boolean>> {
    const [rows] = await this.database.query<[{ id: string; cancel_requested: boolean }[], number]>(sql.RENEW, [
      operationIds,
      this.workerId,
      this.leaseMs,
    ]);
    return new Map(rows.map((row) => [row.id, row.cancel_requested]));
  }

  /**
   * Marks the step as done and begins `next` (null: the operation is done). `mayGoBack`: whether it can still be undone
   * from there. With `tx`, part of the step's own transaction.
   */
  async advance(
    operation: Operation,
    done: StepMark,
    next: string | null,
    mayGoBack: boolean,
    tx?: EntityManager,
  ): Promise<{ attempt: number; cancelRequested: boolean }> {
    const values = [
      done.step,
      done.attempt,
      next,
      JSON.stringify(operation.context),
      this.leaseMs,
      // A step that committed nothing runs again where a crash of PostgreSQL loses this mark; waiting for the disk
      // would cost more.
      tx ? 'on' : 'off',
      mayGoBack,
    ];
    type Row = { attempt: number; cancel_requested: boolean };
    const [row] = await this.guarded<Row>(operation, sql.ADVANCE, values, tx);
    return { attempt: row.attempt, cancelRequested: row.cancel_requested };
  }

  /** Gives the lease back; the operation is due again in `delayMs`. Returns that time in milliseconds since 1970. */
  async backOff(operation: Operation, failed: StepMark, message: string, delayMs: number): Promise<number> {
    const context = JSON.stringify(operation.context);
    const values = [operation.id, this.workerId, failed.step, failed.attempt, message, delayMs, context];
    const [row] = await this.database.query<{ due: string }[]>(sql.BACK_OFF, values);
    if (!row) throw new LeaseLostError(operation.id);
    return Math.round(Number(row.due));
  }

  /**
   * Gives the lease back without having run the step; the operation is due again in `delayMs`, or when it is woken.
   * Returns that time.
   */
  async park(operation: Operation, notRun: StepMark, delayMs: number): Promise<number> {
    const values = [operation.id, this.workerId, notRun.step, notRun.attempt, delayMs];
    const [row] = await this.database.query<{ due: string }[]>(sql.PARK, values);
    if (!row) throw new LeaseLostError(operation.id);
    return Math.round(Number(row.due));
  }

  /** The step has failed for good: steps are undone from now on, `first` first (null: no step has anything to undo). */
  async beginUndo(operation: Operation, failed: StepMark, first: string | null, why: OperationFailure): Promise<void> {
    await this.guarded(operation, sql.BEGIN_UNDO, [
      failed.step,
      failed.attempt,
      why.message,
      first,
      JSON.stringify(why),
      JSON.stringify(operation.context),
    ]);
  }

  /** The step is undone, and `next` is undone next (null: none is left). */
  async undone(operation: Operation, step: string, next: string | null, tx?: EntityManager): Promise<void> {
    await this.guarded(operation, sql.UNDONE, [step, next, JSON.stringify(operation.context)], tx);
  }

  /** Ends a failed operation, in the transaction of its workflow's `failed`. */
  async end(operation: Operation, state: 'error' | 'cancelled', tx: EntityManager): Promise<void> {
    await this.guarded(operation, sql.END, [state, JSON.stringify(operation.context)], tx);
  }

  /** The next unfinished operation on the same resource. */
  async nextOn(operation: Operation): Promise<Pick<Operation, 'id' | 'kind' | 'queue'> | undefined> {
    const [row] = await this.database.query<Pick<Operation, 'id' | 'kind' | 'queue'>[]>(sql.NEXT_ON_RESOURCE, [
      operation.resourceType,
      operation.resourceId,
    ]);
    return row;
  }

  /** Those that may be part of a step's transaction fail in PostgreSQL already: they leave together with its commit. */
  private async guarded<Row>(
    operation: Operation,
    text: string,
    values: unknown[],
    tx: EntityManager = this.database.manager,
  ): Promise<Row[]> {
    try {
      const rows = await tx.query<Row[]>(text, [operation.id, this.workerId, ...values]);
      if (rows.length) return rows;
    } catch (error) {
      if (!isUnmet(error, sql.LEASE)) throw error;
    }
    throw new LeaseLostError(operation.id);
  }
}
