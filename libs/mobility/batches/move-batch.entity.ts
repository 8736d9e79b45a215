import { Column, Entity, PrimaryColumn } from 'typeorm';
import { BigintColumn, Timestamps } from '#libs/database/columns';

/** `drain` empties a host; `rebalance` carries out a plan. */
export type MoveBatchKind = 'drain' | 'rebalance';

/** Whether running instances must, may or must not be moved live. */
export type LivePolicy = 'require' | 'prefer' | 'never';

export type MoveAction = 'live' | 'cold';

/**
 * pending -> running -> done | failed; cancelled where the batch ended before the item's turn. A resume sets all but
 * `done` to pending.
 */
export type MoveBatchItemStatus = 'pending' | 'running' | 'done' | 'failed' | 'cancelled';

/** Moves that belong together. The batch's state is that of its latest operation. */
@Entity('move_batches')
export class MoveBatch extends Timestamps {
  @PrimaryColumn({ type: 'uuid' })
  id: string;

  @Column({ type: 'text' })
  kind: MoveBatchKind;

  /** The host that is drained. */
  @Column({ type: 'uuid', name: 'host_id', nullable: true })
  hostId: string | null;

  @Column({ type: 'uuid', name: 'operation_id' })
  operationId: string;

  @Column({ type: 'text' })
  live: LivePolicy;

  /** How many moves run at the same time. */
  @Column({ type: 'int' })
  parallel: number;

  /** Seconds after the start of the batch's operation, after which no move begins. */
  @Column({ type: 'int', name: 'timeout_seconds' })
  timeoutSeconds: number;
}

/** One instance of a batch: where it goes, and how its moves have ended. */
@Entity('move_batch_items')
export class MoveBatchItem {
  @PrimaryColumn({ type: 'uuid', name: 'batch_id' })
  batchId: string;

  @PrimaryColumn({ type: 'uuid', name: 'instance_id' })
  instanceId: string;

  /** Place in the order of moves: cheapest first. */
  @Column({ type: 'int' })
  position: number;

  @Column({ type: 'uuid', name: 'source_host_id' })
  sourceHostId: string;

  /** Null: the scheduler chooses the target. */
  @Column({ type: 'uuid', name: 'target_host_id', nullable: true })
  targetHostId: string | null;

  /** How the last move of the instance was made. */
  @Column({ type: 'text', nullable: true })
  action: MoveAction | null;

  @Column({ type: 'text' })
  status: MoveBatchItemStatus;

  @Column({ type: 'uuid', name: 'migration_uuid', nullable: true })
  migrationUuid: string | null;

  @Column({ type: 'text', nullable: true })
  reason: string | null;

  /** Bytes of disk and memory that the move sent, as its source reported. */
  @BigintColumn('bytes')
  bytes: number;

  @Column({ type: 'timestamptz', name: 'started_at', nullable: true })
  startedAt: Date | null;

  @Column({ type: 'timestamptz', name: 'finished_at', nullable: true })
  finishedAt: Date | null;
}
