import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { Events } from './events.js';
import type { Operation, QueueName } from './operation.entity.js';
import { OperationQueues } from './queues.js';
import { RedisConnections } from './redis.js';
import type { Workflow } from './workflow.js';

export interface RunnerSettings {
  /** Operations at once, per queue. */
  concurrency?: Partial<Record<QueueName, number>>;
  /** Operations whose step works on one host at once, in this process. Others are parked without holding a slot. */
  perHost?: number;
  /** The host that an operation works on now, as far as its context and input tell. */
  hostOf?: (operation: Operation) => string | null;
  /** How long a lease lasts without renewal, in milliseconds. */
  leaseMs?: number;
  /** How often the sweeper looks for what the queues have lost, in milliseconds. */
  sweepMs?: number;
}

/** Runs workflows: takes operations from the queues, holds their leases, resumes and undoes them step by step. */
@Injectable()
export class WorkflowRunner {
  private readonly workflows = new Map<string, Workflow>();

  constructor(
    readonly database: DataSource,
    readonly queues: OperationQueues,
    readonly redis: RedisConnections,
    readonly events: Events,
  ) {}

  /** To be called for every workflow before `start`. */
  register<Input, Context>(workflow: Workflow<Input, Context>): void {
    this.workflows.set(workflow.kind, workflow as unknown as Workflow);
  }

  async start(_settings: RunnerSettings = {}): Promise<void> {
    return Promise.resolve();
  }

  /** Stops taking operations, aborts running steps (they resume elsewhere) and gives the leases back. */
  async stop(): Promise<void> {
    return Promise.resolve();
  }
}
