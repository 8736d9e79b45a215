import type { DataSource } from 'typeorm';
import { messageOf } from '#libs/common/errors';
import type { Logger } from '#libs/common/logger';
import { EMPTY_OUTBOX, LEFT_BEHIND } from './execution/execution-sql.js';
import type { WorkerPresence } from './execution/worker-presence.js';
import type { Operation } from './operation.entity.js';
import type { OperationQueues, WakeUp } from './queues.js';
import { Rounds } from '#libs/common/rounds';

/** Upper bound of the operations that one round adds again; the next round takes the next ones. */
const BATCH = 500;
/** A worker that does not sweep for all sweeps once in so many rounds. */
const IDLE_ROUNDS = 10;

type Row = Pick<Operation, 'id' | 'kind' | 'queue'>;
type LeftBehind = Row & Pick<Operation, 'state'> & { due: string | null; expired: string | null };

/**
 * Adds jobs again that Redis lost or a dead api process never added, and frees what a dead worker had leased (invariant
 * 1).
 */
export class Sweeper {
  private rounds: Rounds | undefined;
  private idle = 0;

  constructor(
    private readonly database: DataSource,
    private readonly queues: OperationQueues,
    private readonly presence: WorkerPresence,
    private readonly log: Logger,
  ) {}

  /**
   * Shows this worker to the others before it returns, and so before the worker takes an operation; then sweeps in
   * rounds.
   */
  async start(everyMs: number): Promise<void> {
    await this.presence.look();
    this.rounds = new Rounds(
      everyMs,
      () => this.sweep(),
      (error) => this.log.warn({ error: messageOf(error) }, 'sweep failed'),
    );
    this.rounds.start();
  }

  /** Ends the rounds, and this worker's presence. */
  async stop(): Promise<void> {
    await this.rounds?.stop();
    await this.presence.hide();
  }

  /**
   * One round. One worker sweeps for all. The others sweep now and then too, because that one may be stopped (SIGSTOP)
   * without being dead. Adding a job that exists does nothing.
   */
  async sweep(): Promise<void> {
    const leads = await this.presence.look();
    if (!leads && ++this.idle < IDLE_ROUNDS) return;
    this.idle = 0;
    await this.presence.expireLost();
    const unsent = await this.database.query<Row[]>(EMPTY_OUTBOX, [BATCH]);
    if (unsent.length) await this.queues.enqueue(unsent);
    const left = await this.database.query<LeftBehind[]>(LEFT_BEHIND, [BATCH]);
    for (const one of left) await this.queues.enqueue([one], { wakeUp: wakeUpOf(one) });
  }
}

/** Returns the same mark in every round until the operation has changed, so that rounds do not add the job twice. */
function wakeUpOf({ state, due, expired }: LeftBehind): WakeUp | undefined {
  if (expired !== null) return { reason: 'expired', mark: expired };
  if (due !== null) return { reason: 'retry', mark: due };
  return state === 'pending' ? undefined : { reason: 'released', mark: 0 };
}
