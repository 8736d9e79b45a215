import type { DataSource } from 'typeorm';
import { messageOf } from '#libs/common/errors';
import type { Logger } from '#libs/common/logger';
import { EMPTY_OUTBOX, LEFT_BEHIND } from './execution/execution-sql.js';
import type { WorkerPresence } from './execution/worker-presence.js';
import type { Operation } from './operation.entity.js';
import type { OperationQueues, WakeUp } from './queues.js';
import { Rounds } from '#libs/common/rounds';

/** Operations added again in one round at most; the next round takes the next ones. */
const BATCH = 500;
/** A worker that is not the one that sweeps does so each so many rounds. */
const IDLE_ROUNDS = 10;

type Row = Pick<Operation, 'id' | 'kind' | 'queue'>;
type LeftBehind = Row & Pick<Operation, 'state'> & { due: string | null; expired: string | null };

/** Adds again what Redis lost, what a dead api process never added and what a dead worker left (invariant 1). */
export class Sweeper {
  private rounds: Rounds | undefined;
  private idle = 0;

  constructor(
    private readonly database: DataSource,
    private readonly queues: OperationQueues,
    private readonly presence: WorkerPresence,
    private readonly log: Logger,
  ) {}

  /** This worker is shown to the others when it returns, before it takes anything. */
  async start(everyMs: number): Promise<void> {
    await this.presence.look();
    this.rounds = new Rounds(
      everyMs,
      () => this.sweep(),
      (error) => this.log.warn({ error: messageOf(error) }, 'sweep failed'),
    );
    this.rounds.start();
  }

  async stop(): Promise<void> {
    await this.rounds?.stop();
    await this.presence.hide();
  }

  /**
   * One round. One worker sweeps for all; the others look now and then by themselves, should that one be stopped without
   * being dead. Adding a job that is there already does nothing.
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

/** A mark that is the same in every round until the operation has moved, so that rounds do not pile up jobs. */
function wakeUpOf({ state, due, expired }: LeftBehind): WakeUp | undefined {
  if (expired !== null) return { reason: 'expired', mark: expired };
  if (due !== null) return { reason: 'retry', mark: due };
  return state === 'pending' ? undefined : { reason: 'released', mark: 0 };
}
