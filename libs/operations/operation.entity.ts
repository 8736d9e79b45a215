import { Column, Entity, PrimaryColumn } from 'typeorm';
import { Timestamps } from '#libs/database/columns';

/**
 * pending -> running -> done | error | cancelled; `undoing` while the steps of a failed operation are undone.
 * operation-states.ts has the table of allowed changes.
 */
export type OperationState = 'pending' | 'running' | 'undoing' | 'done' | 'error' | 'cancelled';

/** LXD's classes: a task runs by itself, a websocket waits for clients to connect, a token waits to be used. */
export type OperationClass = 'task' | 'websocket' | 'token';

export type QueueName = 'instance' | 'migration' | 'image' | 'maintenance' | 'batch' | 'look';

export interface OperationFailure {
  step: string;
  message: string;
  /** Class of the error, by which faces choose their answer. */
  type: string;
  details?: string[];
}

/**
 * One durable thing to do (invariant 4). Nova's instance actions and migrations, and LXD's operations, are views of it.
 */
@Entity('operations')
export class Operation extends Timestamps {
  @PrimaryColumn({ type: 'uuid' })
  id: string;

  /** Name of the workflow: `instance.create`, `instance.live-migrate`, … */
  @Column({ type: 'text' })
  kind: string;

  @Column({ type: 'text' })
  queue: QueueName;

  /** instance, port, image, host, … With the id: operations on one resource run one after another. */
  @Column({ type: 'text', name: 'resource_type' })
  resourceType: string;

  @Column({ type: 'text', name: 'resource_id' })
  resourceId: string;

  @Column({ type: 'text', default: 'task' })
  class: OperationClass;

  /** LXD: description: what the operation does, in words for people. */
  @Column({ type: 'text', default: '' })
  description: string;

  /** What the caller is told while the operation runs and when it has ended: progress, results. Without secrets. */
  @Column({ type: 'jsonb', default: {} })
  metadata: Record<string, unknown>;

  /** Ids, by type, of what the operation is about besides its own resource. */
  @Column({ type: 'jsonb', default: {} })
  resources: Record<string, string[]>;

  /** Whoever asked for the operation may stop it, up to its point of no return. */
  @Column({ type: 'boolean', name: 'may_cancel', default: false })
  mayCancel: boolean;

  @Column({ type: 'text', name: 'project_id', nullable: true })
  projectId: string | null;

  @Column({ type: 'text', name: 'user_id', nullable: true })
  userId: string | null;

  @Column({ type: 'text', name: 'request_id' })
  requestId: string;

  /** The operation that began this one, such as the batch of a move. */
  @Column({ type: 'uuid', name: 'parent_id', nullable: true })
  parentId: string | null;

  @Column({ type: 'text' })
  state: OperationState;

  /** What was asked for, as the workflow's `Input`. */
  @Column({ type: 'jsonb', default: {} })
  input: unknown;

  /** What the steps that are done have found out, as the workflow's `Context`. */
  @Column({ type: 'jsonb', default: {} })
  context: unknown;

  /** Name of the step that runs next; null before the first and after the last. */
  @Column({ type: 'text', nullable: true })
  step: string | null;

  @Column({ type: 'jsonb', nullable: true })
  failure: OperationFailure | null;

  /** A caller asked the operation to stop. Honoured between steps, and by steps that heed their signal. */
  @Column({ type: 'boolean', name: 'cancel_requested', default: false })
  cancelRequested: boolean;

  @Column({ type: 'int', default: 0 })
  attempts: number;

  /** The operation is not run before this time: its back-off, or the delay asked for. */
  @Column({ type: 'timestamptz', name: 'not_before', nullable: true })
  notBefore: Date | null;

  /** The worker that has leased the operation. */
  @Column({ type: 'text', name: 'locked_by', nullable: true })
  lockedBy: string | null;

  @Column({ type: 'timestamptz', name: 'locked_until', nullable: true })
  lockedUntil: Date | null;

  @Column({ type: 'timestamptz', name: 'started_at', nullable: true })
  startedAt: Date | null;

  @Column({ type: 'timestamptz', name: 'finished_at', nullable: true })
  finishedAt: Date | null;
}

/** An attempt at a step of an operation (Nova: instance action event). */
@Entity('operation_steps')
export class OperationStep {
  @PrimaryColumn({ type: 'uuid', name: 'operation_id' })
  operationId: string;

  @PrimaryColumn({ type: 'text' })
  name: string;

  @PrimaryColumn({ type: 'int' })
  attempt: number;

  @Column({ type: 'timestamptz', name: 'started_at' })
  startedAt: Date;

  @Column({ type: 'timestamptz', name: 'finished_at', nullable: true })
  finishedAt: Date | null;

  /** success, error or undone. */
  @Column({ type: 'text', nullable: true })
  result: string | null;

  @Column({ type: 'text', nullable: true })
  message: string | null;
}

/** An operation whose job must be put into its queue. The transaction that makes the operation writes it. */
@Entity('outbox')
export class OutboxEntry {
  @PrimaryColumn({ type: 'uuid', name: 'operation_id' })
  operationId: string;

  @Column({ type: 'text' })
  queue: QueueName;

  @Column({ type: 'timestamptz', name: 'created_at', default: () => 'now()' })
  createdAt: Date;
}
