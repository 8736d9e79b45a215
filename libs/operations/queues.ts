import { Injectable } from '@nestjs/common';
import type { OnApplicationShutdown } from '@nestjs/common';
import { Queue } from 'bullmq';
import { createLogger } from '#libs/common/logger';
import { messageOf } from '#libs/common/errors';
import type { Operation, QueueName } from './operation.entity.js';
import { RedisConnections } from './redis.js';

/** What Redis holds: only the id of the operation to look at. The job's name is the operation's kind. */
export interface OperationJob {
  operationId: string;
}

/** Why a job is added again. It becomes part of the job's id, because BullMQ drops a job whose id it still holds. */
export type WakeUp = { reason: 'retry' | 'next' | 'gate' | 'expired' | 'released'; mark: string | number };

export interface Enqueue {
  delayMs?: number;
  wakeUp?: WakeUp;
}

type Queued = Pick<Operation, 'id' | 'kind' | 'queue'>;

/** BullMQ's queues, one per QueueName. Redis may lose all of them (invariant 1): the sweeper adds the jobs again. */
@Injectable()
export class OperationQueues implements OnApplicationShutdown {
  private readonly log = createLogger('queues');
  private readonly queues = new Map<QueueName, Queue<OperationJob>>();

  constructor(private readonly redis: RedisConnections) {}

  /** Adds the jobs. Returns false, and logs it, where Redis did not take them: the sweeper adds them later. */
  async enqueue(operations: Queued[], options: Enqueue = {}): Promise<boolean> {
    try {
      const byQueue = Map.groupBy(operations, ({ queue }) => queue);
      for (const [queue, ofQueue] of byQueue) await this.add(queue, ofQueue, options);
      return true;
    } catch (error) {
      this.log.warn({ error: messageOf(error), operations: operations.length }, 'queue away: left to the sweeper');
      return false;
    }
  }

  /** Closes the queues. */
  async onApplicationShutdown(): Promise<void> {
    await Promise.allSettled([...this.queues.values()].map((queue) => queue.close()));
  }

  /** One exchange with Redis for all jobs. */
  private async add(queue: QueueName, operations: Queued[], { delayMs, wakeUp }: Enqueue): Promise<void> {
    const jobs = operations.map(({ id, kind }) => {
      const jobId = wakeUp ? `${id}-${wakeUp.reason}-${wakeUp.mark}` : id;
      const opts = { jobId, delay: delayMs, removeOnComplete: true, removeOnFail: true };
      return { name: kind, data: { operationId: id }, opts };
    });
    const [first, ...others] = jobs;
    if (others.length) await this.queue(queue).addBulk(jobs);
    else if (first) await this.queue(queue).add(first.name, first.data, first.opts);
  }

  private queue(name: QueueName): Queue<OperationJob> {
    let queue = this.queues.get(name);
    if (!queue) {
      const connection = this.redis.impatient((error) => this.log.debug({ error: error.message }, 'redis'));
      queue = new Queue<OperationJob>(name, { connection, skipWaitingForReady: true });
      queue.on('error', (error) => this.log.debug({ error: error.message }, 'queue'));
      this.queues.set(name, queue);
    }
    return queue;
  }
}
