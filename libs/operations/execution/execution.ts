import type { Logger } from '#libs/common/logger';
import { messageOf } from '#libs/common/errors';
import type { Operation } from '../operation.entity.js';
import type { Step, Workflow } from '../workflow.js';
import { backOffMs, DEFAULT_ATTEMPTS, FORWARD_ATTEMPTS, UNDO_ATTEMPTS } from './back-off.js';
import type { Claimed, ExecutionStore } from './execution-store.js';
import { asError, RecordedError, toFailure } from './failure.js';
import { LeaseLostError, OperationCancelledError, WorkerStoppingError } from './interruptions.js';
import { isTransient } from './transient.js';
import { StepExecution } from './step-execution.js';
import { StepPosition } from './step-position.js';

/** How a worker's part in an operation has ended. */
export type Ending =
  | { how: 'finished' }
  /** The operation is due again at `due` (milliseconds since 1970). */
  | { how: 'later'; due: number; delayMs: number; reason: 'retry' | 'released' }
  | { how: 'parked'; host: string; due: number }
  | { how: 'lost' };

/** What an execution needs from the process that runs it. */
export interface Surroundings {
  log: Logger;
  /** Takes a place on the operation's host, `entered` where one is free. Undefined: the operation is on no host. */
  enterHost(operation: Operation): { host: string; entered: boolean } | undefined;
  leaveHost(host: string): void;
  /** State or step of the operation has changed: listeners are told. */
  changed(operation: Operation): void;
}

/** Milliseconds until a parked operation is due, where no operation that leaves the host wakes it before. */
const PARKED_MS = 30_000;

/** An operation under this worker's lease: runs its steps forward, or undoes them in reverse order. */
export class Execution {
  private readonly operation: Operation;
  private readonly position: StepPosition;
  private attempt: number;
  private step: AbortController | undefined;
  private interruption: LeaseLostError | WorkerStoppingError | undefined;

  constructor(
    private readonly workflow: Workflow,
    claimed: Claimed,
    private readonly store: ExecutionStore,
    private readonly around: Surroundings,
  ) {
    this.operation = claimed.operation;
    this.position = new StepPosition(workflow, this.operation);
    this.attempt = claimed.attempt;
  }

  get id(): string {
    return this.operation.id;
  }

  /** A caller asked the operation to stop. Ignored after the point of no return. */
  cancel(): void {
    this.operation.cancelRequested = true;
    if (this.position.mayGoBack()) this.step?.abort(new OperationCancelledError());
  }

  /** The lease is lost or the worker stops: aborts the running step and writes nothing more. */
  interrupt(reason: LeaseLostError | WorkerStoppingError): void {
    this.interruption ??= reason;
    this.step?.abort(this.interruption);
  }

  /** Runs until the operation has ended or is no longer this worker's. Throws only where Postgres is away. */
  async run(): Promise<Ending> {
    try {
      while (this.operation.state === 'running') {
        const ending = await this.forward();
        if (ending) return ending;
      }
      while (this.operation.state === 'undoing') {
        const ending = await this.back();
        if (ending) return ending;
      }
      return { how: 'finished' };
    } catch (error) {
      if (error instanceof LeaseLostError) return { how: 'lost' };
      throw error;
    }
  }

  /** Runs the present step. Returns an ending where this worker lets the operation go, undefined where it continues. */
  private async forward(): Promise<Ending | undefined> {
    const step = this.workflow.steps[this.position.index];
    if (this.interruption) return this.giveBack();
    if (this.operation.cancelRequested && this.position.mayGoBack())
      return this.turnBack(new OperationCancelledError());
    const next = this.workflow.steps[this.position.index + 1]?.name ?? null;
    const mark = { step: step.name, attempt: this.attempt };
    const mayGoBack = this.position.mayGoBackFrom(this.position.index + 1);
    const execution = this.begin((tx) => this.store.advance(this.operation, mark, next, mayGoBack, tx));
    const ending = await this.onHost(async () => {
      try {
        await step.run(execution);
        await execution.complete();
      } catch (error) {
        if (execution.outcome === undefined) return this.failed(step, asError(error));
        // The step's effect is committed, so a later error does not fail it.
        this.around.log.warn(
          { operation: this.id, step: step.name, error: messageOf(error) },
          'error after the commit',
        );
      }
      return undefined;
    });
    if (ending) return ending;
    if (execution.outcome) this.arrive(next, execution.outcome);
    return undefined;
  }

  private arrive(next: string | null, { attempt, cancelRequested }: { attempt: number; cancelRequested: boolean }) {
    Object.assign(this.operation, { step: next, attempts: 0, state: next === null ? 'done' : 'running' });
    this.operation.cancelRequested ||= cancelRequested;
    this.attempt = attempt;
    this.around.changed(this.operation);
  }

  /** A step failed before its commit: repeat it later or, before the point of no return, undo the operation. */
  private async failed(step: Step<unknown, unknown>, error: Error): Promise<Ending | undefined> {
    if (error instanceof LeaseLostError) throw error;
    if (this.interruption) return this.giveBack();
    const back = this.position.mayGoBack();
    if (back && this.operation.cancelRequested) return this.turnBack(new OperationCancelledError());
    // Past the point of no return a delete, which asks for the cancel, waits for the end: it should not wait half an
    // hour.
    const forward = this.operation.cancelRequested ? UNDO_ATTEMPTS : FORWARD_ATTEMPTS;
    const limit = back ? (step.attempts ?? DEFAULT_ATTEMPTS) : forward;
    this.around.log.warn(
      { operation: this.id, step: step.name, error: error.message, type: error.name },
      'step failed',
    );
    if ((isTransient(error) || !back) && this.operation.attempts + 1 < limit) return this.later(step.name, error);
    return this.turnBack(error);
  }

  private async later(step: string, error: Error): Promise<Ending> {
    const delayMs = backOffMs(this.operation.attempts + 1);
    const due = await this.store.backOff(this.operation, { step, attempt: this.attempt }, error.message, delayMs);
    return { how: 'later', due, delayMs, reason: 'retry' };
  }

  private async turnBack(error: Error): Promise<undefined> {
    const { steps } = this.workflow;
    const step = this.operation.step!;
    // After the point of no return nothing is undone: the operation ends with its reason.
    const first = this.position.mayGoBack() ? this.position.undoableFrom(this.position.index) : null;
    const failure = toFailure(step, error);
    await this.store.beginUndo(this.operation, { step, attempt: this.attempt }, first, failure);
    Object.assign(this.operation, { state: 'undoing', step: first, failure, attempts: 0 });
    this.around.log.info({ operation: this.id, step, of: steps.length, error: error.message }, 'undoing');
    this.around.changed(this.operation);
    this.error = error;
    return undefined;
  }

  private error: Error | undefined;

  private get reason(): Error {
    return (this.error ??= new RecordedError(this.operation.failure!));
  }

  /** Undoes one step, or ends the operation where none is left. */
  private async back(): Promise<Ending | undefined> {
    if (this.interruption) return this.giveBack();
    if (this.operation.step === null) return this.end();
    const index = this.position.index;
    const step = this.workflow.steps[index];
    const next = this.position.undoableFrom(index - 1);
    const execution = this.begin(async (tx) => {
      await this.store.undone(this.operation, step.name, next, tx);
      return true;
    });
    return this.onHost(async () => {
      try {
        await step.undo?.(execution, this.reason);
        await execution.complete();
      } catch (error) {
        if (execution.outcome === undefined) {
          const ending = await this.undoFailed(step.name, asError(error));
          if (ending) return ending;
          await this.store.undone(this.operation, step.name, next);
        }
      }
      Object.assign(this.operation, { step: next, attempts: 0 });
      return undefined;
    });
  }

  /** Logs an undo that cannot be done and leaves it for the audit; the other steps are still undone. */
  private async undoFailed(step: string, error: Error): Promise<Ending | undefined> {
    if (error instanceof LeaseLostError) throw error;
    if (this.interruption) return this.giveBack();
    if (this.operation.attempts + 1 < UNDO_ATTEMPTS) return this.later(step, error);
    this.around.log.error({ operation: this.id, step, error: error.message }, 'undo given up');
    return undefined;
  }

  private async end(): Promise<Ending | undefined> {
    const state = this.operation.failure?.type === OperationCancelledError.name ? 'cancelled' : 'error';
    const execution = this.begin(async (tx) => {
      await this.store.end(this.operation, state, tx!);
      return true;
    });
    try {
      await execution.commit((tx) => this.workflow.failed(execution, this.reason, tx));
    } catch (error) {
      const ending = await this.undoFailed('failed', asError(error));
      if (ending) return ending;
      await this.begin((tx) => this.store.end(this.operation, state, tx!)).commit(async () => {});
    }
    this.operation.state = state;
    this.operation.step = null;
    this.around.changed(this.operation);
    return undefined;
  }

  private begin<Outcome>(markDone: ConstructorParameters<typeof StepExecution<Outcome>>[3]): StepExecution<Outcome> {
    this.step = new AbortController();
    if (this.interruption) this.step.abort(this.interruption);
    return new StepExecution(this.store, this.operation, this.step.signal, markDone);
  }

  private async onHost(work: () => Promise<Ending | undefined>): Promise<Ending | undefined> {
    const place = this.around.enterHost(this.operation);
    if (place && !place.entered) {
      const mark = { step: this.operation.step!, attempt: this.attempt };
      const due = await this.store.park(this.operation, mark, PARKED_MS);
      return { how: 'parked', host: place.host, due };
    }
    try {
      return await work();
    } finally {
      if (place) this.around.leaveHost(place.host);
    }
  }

  private async giveBack(): Promise<Ending> {
    if (this.interruption instanceof LeaseLostError) return { how: 'lost' };
    const mark = { step: this.operation.step ?? '', attempt: this.attempt };
    const due = await this.store.park(this.operation, mark, 0);
    return { how: 'later', due, delayMs: 0, reason: 'released' };
  }
}
