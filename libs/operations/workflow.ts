import type { EntityManager } from 'typeorm';
import type { Operation, QueueName } from './operation.entity.js';

/** What a step is given. `Input`: what was asked for; `Context`: what the steps before have found out. */
export interface StepRun<Input, Context> {
  readonly operation: Operation;
  readonly input: Input;
  /** A step may change it; it is saved in the transaction that marks the step as done. */
  readonly context: Context;
  /** Aborted when the worker loses its lease or shuts down, or the operation is cancelled. */
  readonly signal: AbortSignal;
  /**
   * Runs `work` in the transaction that also marks this step as done and saves the context: for steps whose effect is
   * in Postgres. At most once per step. A step that never calls it is marked afterwards, in a transaction of its own.
   */
  commit<T>(work: (tx: EntityManager) => Promise<T>): Promise<T>;
}

/**
 * A named, idempotent step. It may run again after a crash, so it must find what it did before. `undo` removes its
 * effect, also where the step had only begun.
 */
export interface Step<Input, Context> {
  name: string;
  run(run: StepRun<Input, Context>): Promise<void>;
  undo?(run: StepRun<Input, Context>, error: Error): Promise<void>;
  /** Attempts where the error may pass (UnavailableError and the like), with back-off. Default: 5. */
  attempts?: number;
  /** True for the last step that may be undone: a failure after it is retried, never undone. */
  pointOfNoReturn?: boolean;
}

/** A kind of operation: its steps in the order in which they run, each with its undo. */
export interface Workflow<Input = unknown, Context = unknown> {
  kind: string;
  queue: QueueName;
  steps: Step<Input, Context>[];
  /**
   * Runs after the undo of a failed operation, in the transaction that sets its state: sets the resource to ERROR and
   * keeps the fault.
   */
  failed(
    run: Pick<StepRun<Input, Context>, 'operation' | 'input' | 'context'>,
    error: Error,
    tx: EntityManager,
  ): Promise<void>;
}
