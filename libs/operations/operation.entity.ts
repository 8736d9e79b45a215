import { Column, Entity, PrimaryColumn } from 'typeorm';
import { Timestamps } from '#libs/database/columns';

/**
 * pending -> running -> done | error | cancelled; `undoing` while a failed operation takes its steps back.
 * The table of allowed transitions is operation-states.ts.
 */
export type OperationState = 'pending' | 'running' | 'undoing' | 'done' | 'error' | 'cancelled';

/** LXD's classes: a task runs by itself, a websocket wants clients to connect, a token waits to be used. */
export type OperationClass = 'task' | 'websocket' | 'token';

export type QueueName = 'instance' | 'migration' | 'image' | 'maintenance' | 'batch';

export interface OperationFailure {
  step: string;
  message: string;
  /** Class of the error, for faces that map it. */
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

  /** instance, port, image, host … and its id: operations on one resource run one after another. */
  @Column({ type: 'text', name: 'resource_type' })
  resourceType: string;

  @Column({ type: 'text', name: 'resource_id' })
  resourceId: string;

  @Column({ type: 'text', default: 'task' })
  class: OperationClass;

  /** LXD's: what is being done, for people. */
  @Column({ type: 'text', default: '' })
  description: string;

  /** What whoever asked is told while it runs and when it has ended: progress, results. Without secrets. */
  @Column({ type: 'jsonb', default: {} })
  metadata: Record<string, unknown>;

  /** What it is about besides its own resource, by type: ids. */
  @Column({ type: 'jsonb', default: {} })
  resources: Record<string, string[]>;

  /** Whoever asked for it may stop it: until the point of no return. */
  @Column({ type: 'boolean', name: 'may_cancel', default: false })
  mayCancel: boolean;

  @Column({ type: 'text', name: 'project_id', nullable: true })
  projectId: string | null;

  @Column({ type: 'text', name: 'user_id', nullable: true })
  userId: string | null;

  @Column({ type: 'text', name: 'request_id' })
  requestId: string;

  /** The operation that began this one: the batch of a move. */
  @Column({ type: 'uuid', name: 'parent_id', nullable: true })
  parentId: string | null;

  @Column({ type: 'text' })
  state: OperationState;

  /** What was asked. */
  @Column({ type: 'jsonb', default: {} })
  input: unknown;

  /** What the steps done so far have found out; the next step's ground. */
  @Column({ type: 'jsonb', default: {} })
  context: unknown;

  /** Name of the step to run next; null before the first and after the last. */
  @Column({ type: 'text', nullable: true })
  step: string | null;

  @Column({ type: 'jsonb', nullable: true })
  failure: OperationFailure | null;

  /** Asked to stop: honoured between steps and by steps that can be aborted. */
  @Column({ type: 'boolean', name: 'cancel_requested', default: false })
  cancelRequested: boolean;

  @Column({ type: 'int', default: 0 })
  attempts: number;

  /** Not before this time (back-off after a failure that may pass). */
  @Column({ type: 'timestamptz', name: 'not_before', nullable: true })
  notBefore: Date | null;

  /** Lease of the worker that runs it now. */
  @Column({ type: 'text', name: 'locked_by', nullable: true })
  lockedBy: string | null;

  @Column({ type: 'timestamptz', name: 'locked_until', nullable: true })
  lockedUntil: Date | null;

  @Column({ type: 'timestamptz', name: 'started_at', nullable: true })
  startedAt: Date | null;

  @Column({ type: 'timestamptz', name: 'finished_at', nullable: true })
  finishedAt: Date | null;
}

/** One step of an operation as it went: Nova's instance action events. */
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

/** An operation that waits to be put into its queue. Written in the transaction that makes the operation. */
@Entity('outbox')
export class OutboxEntry {
  @PrimaryColumn({ type: 'uuid', name: 'operation_id' })
  operationId: string;

  @Column({ type: 'text' })
  queue: QueueName;

  @Column({ type: 'timestamptz', name: 'created_at', default: () => 'now()' })
  createdAt: Date;
}
