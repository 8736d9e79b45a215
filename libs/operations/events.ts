import { Injectable } from '@nestjs/common';
import { createLogger } from '#libs/common/logger';
import { messageOf } from '#libs/common/errors';
import type { Redis } from 'ioredis';
import { RedisConnections } from './redis.js';

/** Something that changed. The truth is in Postgres; an event may be lost, so nobody may depend on one. */
export interface Event {
  type: 'operation' | 'instance' | 'migration';
  /** Of the operation, instance or migration. */
  id: string;
  projectId: string | null;
  /** What has changed: state, step, progress … small, and without secrets. */
  data: Record<string, unknown>;
}

const CHANNEL = 'lxstack:events';
const CANCEL_CHANNEL = 'lxstack:cancel';
/** Publications under way at most; what comes above is dropped. */
const MAX_PENDING = 1_000;

type Listener = (event: Event) => void;

/** Events over Redis' publish and subscribe, best effort. */
@Injectable()
export class Events {
  private readonly log = createLogger('events');
  private readonly listeners = new Set<Listener>();
  private readonly cancelListeners = new Set<(operationId: string) => void>();
  private publisher: Redis | undefined;
  private subscriber: Redis | undefined;
  private pending = 0;

  constructor(private readonly redis: RedisConnections) {}

  /** Tells whoever listens, in any process. Returns at once; a failure is logged at debug level and forgotten. */
  publish(event: Event): void {
    this.send(CHANNEL, JSON.stringify(event));
  }

  /** Calls `listener` (which must not throw) for each event until the returned function is called. */
  async subscribe(listener: Listener): Promise<() => void> {
    this.listeners.add(listener);
    await this.listen();
    return () => this.listeners.delete(listener);
  }

  /** Wakes the runner of an operation that was asked to stop; it reads the truth from Postgres. */
  publishCancel(operationId: string): void {
    this.send(CANCEL_CHANNEL, operationId);
  }

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
