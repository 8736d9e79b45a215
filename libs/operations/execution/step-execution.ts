import type { EntityManager } from 'typeorm';
import { transact, withCommit } from '#libs/database/transactions';
import type { Operation } from '../operation.entity.js';
import type { StepRun } from '../workflow.js';
import type { ExecutionStore } from './execution-store.js';

/** One run of a step or of its undo. `markDone` is what the store writes in the step's transaction. */
export class StepExecution<Outcome> implements StepRun<unknown, unknown> {
  /** Set once the step is marked as done, by its own commit or afterwards. */
  outcome: Outcome | undefined;

  constructor(
    private readonly store: ExecutionStore,
    readonly operation: Operation,
    readonly signal: AbortSignal,
    private readonly markDone: (tx?: EntityManager) => Promise<Outcome>,
  ) {}

  get input(): unknown {
    return this.operation.input;
  }

  get context(): unknown {
    return this.operation.context;
  }

  /** As `StepRun.commit`. Throws where the step has committed already. */
  async commit<T>(work: (tx: EntityManager) => Promise<T>): Promise<T> {
    if (this.outcome !== undefined)
      throw new Error(`step ${this.operation.step} of ${this.operation.kind} commits twice`);
    const [result, { marked }] = await transact(this.store.database, async (tx) => {
      const value = await work(tx);
      const marked = this.markDone(tx);
      await withCommit(tx, marked);
      return [value, { marked }] as const;
    });
    this.outcome = await marked;
    return result;
  }

  /** Marks the step as done where it has not committed by itself. */
  async complete(): Promise<Outcome> {
    return (this.outcome ??= await this.markDone());
  }
}
