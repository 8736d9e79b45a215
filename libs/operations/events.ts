import { Injectable } from '@nestjs/common';
import { createLogger } from '#libs/common/logger';
import { messageOf } from '#libs/common/errors';
import type { Redis } from 'ioredis';
import { RedisConnections } from './redis.js';

/** Tells that something changed. An event may be lost, so code that waits for one must also look in Postgres. */
export interface Event {
  type: 'operation' | 'instance' | 'migration';
  /** Id of the operation, instance or migration. */
  id: string;
  projectId: string | null;
  /** What has changed: state, step, progress, … Small, and without secrets. */
  data: Record<string, unknown>;
}

const CHANNEL = 'lxstack:events';
const CANCEL_CHANNEL = 'lxstack:cancel';
/** Upper bound of publications under way; further events are dropped. */
const MAX_PENDING = 1_000;

type Listener = (event: Event) => void;

/** Events over Redis' publish and subscribe; they may be lost. */
@Injectable()
export class Events {
  private readonly log = createLogger('events');
  private readonly listeners = new Set<Listener>();
  private readonly cancelListeners = new Set<(operationId: string) => void>();
  private publisher: Redis | undefined;
  private subscriber: Redis | undefined;
  private pending = 0;

  constructor(private readonly redis: RedisConnections) {}

  /** Tells the listeners in all processes. Returns at once; a failure is logged at debug level. */
  publish(event: Event): void {
    this.send(CHANNEL, JSON.stringify(event));
  }

  /** Calls `listener` (which must not throw) for each event, until the returned function is called. */
  async subscribe(listener: Listener): Promise<() => void> {
    this.listeners.add(listener);
    await this.listen();
    return () => this.listeners.delete(listener);
  }

  /** Wakes the runner of an operation that was asked to stop; the runner then reads Postgres. */
  publishCancel(operationId: string): void {
    this.send(CANCEL_CHANNEL, operationId);
  }

  /** Calls `listener` with the id of each operation that is asked to stop, until the returned function is called. */
  async subscribeCancel(listener: (operationId: string) => void): Promise<() => void> {
    this.cancelListeners.add(listener);
    await this.listen();
    return () => this.cancelListeners.delete(listener);
  }

  private send(channel: string, message: string): void {
    if (this.pending >= MAX_PENDING) return;
    this.publisher ??= this.redis.impatient((error) => this.log.debug({ error: error.message }, 'redis'));
    this.pending++;
    this.publisher
      .publish(channel, message)
      .catch((error: unknown) => this.log.debug({ error: messageOf(error) }, 'event not published'))
      .finally(() => this.pending--);
  }

  private async listen(): Promise<void> {
    if (this.subscriber) return;
    this.subscriber = this.redis.patient((error) => this.log.debug({ error: error.message }, 'redis'));
    this.subscriber.on('message', (channel, message) => this.receive(channel, message));
    await this.subscriber.subscribe(CHANNEL, CANCEL_CHANNEL);
  }

  private receive(channel: string, message: string): void {
    if (channel === CANCEL_CHANNEL) {
      for (const listener of this.cancelListeners) listener(message);
      return;
    }
    const event = JSON.parse(message) as Event;
    for (const listener of this.listeners) listener(event);
  }
}
