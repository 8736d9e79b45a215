import type { EntityManager } from 'typeorm';
import type { Operation, QueueName } from './operation.entity.js';

/** What a step is given. `Input` is what was asked, `Context` what the steps before have found out. */
export interface StepRun<Input, Context> {
  readonly operation: Operation;
  readonly input: Input;
  /** Change it freely: it is saved, in one transaction, when the step has ended. */
  readonly context: Context;
  /** Aborted when the worker loses its lease, shuts down or the operation is cancelled. */
  readonly signal: AbortSignal;
  /**
   * Runs `work` in the transaction that also marks this step done and saves the context: for steps whose effect is in
   * Postgres. At most once per step; a step that never calls it is marked done afterwards in a transaction of its own.
   */
  commit<T>(work: (tx: EntityManager) => Promise<T>): Promise<T>;
}

/**
 * One named, idempotent step. It may run again after a crash, so it must find what it did before. `undo` takes its
 * effect back, also where the step had only begun.
 */
export interface Step<Input, Context> {
  name: string;
  run(run: StepRun<Input, Context>): Promise<void>;
  undo?(run: StepRun<Input, Context>, error: Error): Promise<void>;
  /** How often an error that may pass (UnavailableError and its like) is tried again. Default: 5, with back-off. */
  attempts?: number;
  /** True for the last step that may still be undone: a failure after it is carried forward (retried), never back. */
  pointOfNoReturn?: boolean;
}

/** A kind of operation: its steps in the order they run, each with its undo beside it. */
export interface Workflow<Input = unknown, Context = unknown> {
  kind: string;
  queue: QueueName;
  steps: Step<Input, Context>[];
  /** After the undo of a failed operation, in one transaction with its state `error`: resource to ERROR, fault kept. */
  failed(
    run: Pick<StepRun<Input, Context>, 'operation' | 'input' | 'context'>,
    error: Error,
    tx: EntityManager,
  ): Promise<void>;
}
