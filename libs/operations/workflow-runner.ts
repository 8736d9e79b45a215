import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { Injectable } from '@nestjs/common';
import { Worker } from 'bullmq';
import type { Job } from 'bullmq';
import { DataSource } from 'typeorm';
import { messageOf } from '#libs/common/errors';
import { createLogger } from '#libs/common/logger';
import { Events } from './events.js';
import { Execution } from './execution/execution.js';
import type { Ending, Surroundings } from './execution/execution.js';
import { ExecutionStore } from './execution/execution-store.js';
import { HostGate } from './execution/host-gate.js';
import { WorkerStoppingError } from './execution/interruptions.js';
import { LeaseKeeper } from './execution/lease-keeper.js';
import { WorkerPresence } from './execution/worker-presence.js';
import { isFinished } from './operation-states.js';
import type { Operation, QueueName } from './operation.entity.js';
import { OperationQueues } from './queues.js';
import type { OperationJob, WakeUp } from './queues.js';
import { RedisConnections } from './redis.js';
import { Sweeper } from './sweeper.js';
import type { Workflow } from './workflow.js';

export interface RunnerSettings {
  /** How many operations run at the same time, per queue. */
  concurrency?: Partial<Record<QueueName, number>>;
  /** How many operations of this process work on one host at the same time; others are parked and take no slot. */
  perHost?: number;
  /** The host on which an operation works now, as its context and input say. */
  hostOf?: (operation: Operation) => string | null;
  /** Milliseconds that a lease lasts without renewal. */
  leaseMs?: number;
  /** Milliseconds between two rounds of the sweeper. */
  sweepMs?: number;
}

const CONCURRENCY: Record<QueueName, number> = {
  instance: 32,
  migration: 8,
  image: 4,
  maintenance: 4,
  batch: 64,
  look: 64,
};
/** Milliseconds that `stop` waits for steps that do not heed their signal. */
const STOP_MS = 10_000;

type Woken = Pick<Operation, 'id' | 'kind' | 'queue'>;

/** Runs workflows: takes operations from the queues, leases them, and resumes or undoes them step by step. */
@Injectable()
export class WorkflowRunner {
  private readonly log = createLogger('runner');
  private readonly workflows = new Map<string, Workflow>();
  private readonly workers: Worker<OperationJob>[] = [];
  private gate = new HostGate<Woken & { due: number }>(8);
  private hostOf: (operation: Operation) => string | null = () => null;
  private store: ExecutionStore;
  private leases: LeaseKeeper;
  private sweeper: Sweeper;
  private unsubscribe: (() => void) | undefined;
  private stopping = false;

  constructor(
    private readonly database: DataSource,
    private readonly queues: OperationQueues,
    private readonly redis: RedisConnections,
    private readonly events: Events,
  ) {}

  /** Call it for every workflow before `start`. */
  register<Input, Context>(workflow: Workflow<Input, Context>): void {
    if (!workflow.steps.length) throw new Error(`workflow ${workflow.kind} has no steps`);
    this.workflows.set(workflow.kind, workflow as unknown as Workflow);
  }

  /** Shows this worker, starts the sweeper and takes operations from the queues. */
  async start(settings: RunnerSettings = {}): Promise<void> {
    const { concurrency = {}, perHost = 8, hostOf = () => null, leaseMs = 10_000, sweepMs = 1_000 } = settings;
    this.gate = new HostGate(perHost);
    this.hostOf = hostOf;
    const worker = `${hostname()}-${process.pid}-${randomUUID().slice(0, 8)}`;
    this.store = new ExecutionStore(this.database, worker, leaseMs);
    this.leases = new LeaseKeeper(this.store, this.log);
    this.leases.start();
    this.sweeper = new Sweeper(
      this.database,
      this.queues,
      new WorkerPresence(this.database, worker, this.log),
      this.log,
    );
    await this.sweeper.start(sweepMs);
    this.unsubscribe = await this.events.subscribeCancel((id) => {
      if (this.leases.executions.some((execution) => execution.id === id)) void this.leases.renew();
    });
    const queues = new Set([...this.workflows.values()].map((workflow) => workflow.queue));
    for (const queue of queues) this.listen(queue, concurrency[queue] ?? CONCURRENCY[queue]);
  }

  /** Takes no more operations, aborts running steps (another worker resumes them) and gives the leases back. */
  async stop(): Promise<void> {
    this.stopping = true;
    this.unsubscribe?.();
    await this.sweeper?.stop();
    for (const execution of this.leases?.executions ?? []) execution.interrupt(new WorkerStoppingError());
    const closed = Promise.all(this.workers.map((worker) => worker.close()));
    const late = new Promise<void>((resolve) => setTimeout(resolve, STOP_MS).unref());
    await Promise.race([closed, late]);
    void this.leases?.stop(); // a round under way may wait for PostgreSQL, which may be away
  }

  private listen(queue: QueueName, concurrency: number): void {
    const connection = this.redis.patient((error) => this.log.debug({ error: error.message }, 'redis'));
    const worker = new Worker<OperationJob>(queue, (job) => this.process(job), {
      connection,
      concurrency,
      // The lease in Postgres decides who runs an operation; BullMQ's lock only tells that this process lives.
      lockDuration: 30_000,
      stalledInterval: 10_000,
      maxStalledCount: 1_000,
      removeOnComplete: { count: 0 },
      removeOnFail: { count: 0 },
    });
    // A job that FLUSHALL removed while it ran cannot be marked in Redis; the operation has not failed by that.
    worker.on('error', (error) => this.log.debug({ queue, error: error.message }, 'queue'));
    worker.on('failed', (_job, error) => this.log.warn({ queue, error: error.message }, 'left to the sweeper'));
    this.workers.push(worker);
  }

  private async process(job: Job<OperationJob>): Promise<void> {
    const workflow = this.workflows.get(job.name);
    if (!workflow) throw new Error(`no workflow ${job.name}`);
    if (this.stopping) throw new WorkerStoppingError();
    const claimed = await this.store.claim(job.data.operationId, workflow.steps[0].name);
    if (!claimed) return;
    const execution = new Execution(workflow, claimed, this.store, this.surroundings);
    this.leases.hold(execution);
    this.changed(claimed.operation);
    try {
      await this.follow(claimed.operation, await execution.run());
    } finally {
      this.leases.release(execution);
    }
  }

  private async follow(operation: Operation, ending: Ending): Promise<void> {
    switch (ending.how) {
      case 'finished':
        return this.wakeNext(operation);
      case 'later':
        return this.wake(operation, { reason: ending.reason, mark: ending.due }, ending.delayMs);
      case 'parked':
        return this.gate.park(ending.host, { ...operation, due: ending.due });
      case 'lost':
        return this.log.warn({ operation: operation.id }, 'lease lost');
    }
  }

  /** The next operation is looked up after the commit, so that it is found also where it was created meanwhile. */
  private async wakeNext(operation: Operation): Promise<void> {
    try {
      const next = await this.store.nextOn(operation);
      if (next) await this.wake(next, { reason: 'next', mark: operation.id });
    } catch (error) {
      this.log.warn({ operation: operation.id, error: messageOf(error) }, 'next one left to the sweeper');
    }
  }

  private async wake(operation: Woken, wakeUp: WakeUp, delayMs?: number): Promise<void> {
    await this.queues.enqueue([operation], { wakeUp, delayMs });
  }

  private readonly surroundings: Surroundings = {
    log: this.log,
    enterHost: (operation) => {
      const host = this.hostOf(operation);
      return host === null ? undefined : { host, entered: this.gate.tryEnter(host) };
    },
    leaveHost: (host) => {
      const next = this.gate.leave(host);
      if (next) void this.wake(next, { reason: 'gate', mark: next.due });
    },
    changed: (operation) => this.changed(operation),
  };

  private changed(operation: Operation): void {
    const { id, projectId, kind, state, step, resourceType, resourceId, failure } = operation;
    const ended = isFinished(state) ? failure : null;
    this.events.publish({
      type: 'operation',
      id,
      projectId,
      data: { kind, state, step, resourceType, resourceId, error: ended?.message, errorType: ended?.type },
    });
  }
}
