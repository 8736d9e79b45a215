import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { sleep } from '#libs/common/clock';
import { MoveBatch } from '#libs/mobility/batches/move-batch.entity';
import { MOVES_BATCH } from '#libs/mobility/batches/move-batches.service';
import type { MoveBatchInput } from '#libs/mobility/batches/move-batches.service';
import { Events } from '#libs/operations/events';
import { isFinished, isOperationState } from '#libs/operations/operation-states';
import type { Step, StepRun, Workflow } from '#libs/operations/workflow';
import type { OpenStep } from '../live/open.step.js';
import { BatchIncompleteError } from './batch.errors.js';
import { BatchRounds } from './batch-rounds.js';
import type { BatchCaller } from './batch-rounds.js';

type Run = StepRun<MoveBatchInput, object>;

/** Rounds are woken by the ends of operations and the commits of moves; where an event was lost, by this. */
const sweepMs = 2_000;
/** A live move's first step after its commit. */
const committedAt: OpenStep['name'] = 'open';

/** Carries out a batch of moves, at most `parallel` at once. Its whole state is in Postgres, so any worker can go on. */
@Injectable()
export class MoveBatchWorkflow implements Workflow<MoveBatchInput, object> {
  readonly kind = MOVES_BATCH;
  /** A queue of its own, because batches wait most of their time. */
  readonly queue = 'batch';
  readonly steps: Step<MoveBatchInput, object>[] = [
    { name: 'move', run: (run) => this.move(run), undo: (run) => this.windUp(run), attempts: 60 },
  ];

  constructor(
    private readonly database: DataSource,
    private readonly events: Events,
    private readonly rounds: BatchRounds,
  ) {}

  private async move(run: Run): Promise<void> {
    const { batchId } = run.input;
    const batch = await this.database.manager.findOneByOrFail(MoveBatch, { id: batchId });
    const until = run.operation.startedAt!.getTime() + batch.timeoutSeconds * 1000;
    await this.repeat(run, () =>
      Date.now() < until
        ? this.rounds.advance(batchId, callerOf(run), batch)
        : this.rounds.windDown(batchId, callerOf(run), 'The time for the batch was up.', 'failed', false),
    );
    await this.requireComplete(batchId);
  }

  /** Aborted: what runs is aborted where it can be, or carried to its end; the rest does not begin. */
  private async windUp(run: Run): Promise<void> {
    await this.repeat(run, () =>
      this.rounds.windDown(run.input.batchId, callerOf(run), 'The batch was aborted.', 'cancelled', true),
    );
  }

  /** `round` says how many items are open; again at the next end of an operation until there is none. */
  private async repeat({ signal }: Run, round: () => Promise<number>): Promise<void> {
    let woken = Promise.withResolvers<void>();
    const unsubscribe = await this.events.subscribe(({ type, data }) => {
      const state = String(data.state);
      const ended = isOperationState(state) && isFinished(state);
      if (type === 'operation' && (ended || data.step === committedAt)) woken.resolve();
    });
    try {
      while ((await round()) > 0) {
        await withinSweep(woken.promise, signal);
        woken = Promise.withResolvers<void>();
      }
    } finally {
      unsubscribe();
    }
  }

  private async requireComplete(batchId: string): Promise<void> {
    const failed = await this.database.query<{ id: string; reason: string; failed: number; total: number }[]>(
      `SELECT instance_id AS id, reason, count(*) OVER ()::int AS failed,
         (SELECT count(*) FROM move_batch_items WHERE batch_id = $1)::int AS total
       FROM move_batch_items WHERE batch_id = $1 AND status = 'failed' ORDER BY position LIMIT 100`,
      [batchId],
    );
    if (!failed.length) return;
    const details = failed.map(({ id, reason }) => `${id}: ${reason}`);
    throw new BatchIncompleteError(failed[0].failed, failed[0].total, details);
  }

  /** Nothing to mark: each item says what became of it. */
  failed(): Promise<void> {
    return Promise.resolve();
  }
}

/** Moves of this run of the batch are known by their parent, this operation. */
function callerOf({ input, operation }: Run): BatchCaller {
  return { ...input.by, requestId: `req-${operation.id}`, operationId: operation.id };
}

async function withinSweep(woken: Promise<void>, signal: AbortSignal): Promise<void> {
  const over = new AbortController();
  const late = sleep(sweepMs, AbortSignal.any([signal, over.signal]));
  late.catch(() => {});
  await Promise.race([woken, late]);
  over.abort();
  signal.throwIfAborted();
}
