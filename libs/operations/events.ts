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
/** Upper bound of events gathered or under way to Redis; further ones are dropped. */
const MAX_PENDING = 1_000;
/** What follows an event within this time (milliseconds) is published together. */
const GATHER_MS = 10;

type Listener = (event: Event) => void;

/** Events over Redis' publish and subscribe; they may be lost. */
@Injectable()
export class Events {
  private readonly log = createLogger('events');
  private readonly listeners = new Set<Listener>();
  private readonly cancelListeners = new Set<(operationId: string) => void>();
  private publisher: Redis | undefined;
  private subscriber: Redis | undefined;
  private readonly heard = new Map<string, Promise<unknown>>();
  private pending = 0;
  /** Events since the last publication, while GATHER_MS have not passed since. */
  private gathered: Event[] | undefined;

  constructor(private readonly redis: RedisConnections) {}

  /** Tells the listeners in all processes. Returns at once; a failure is logged at debug level. */
  publish(event: Event): void {
    if (this.gathered) {
      if (this.pending + this.gathered.length < MAX_PENDING) this.gathered.push(event);
    } else this.publishAtOnce([event]);
  }

  /** Calls `listener` (which must not throw) for each event, until the returned function is called. */
  async subscribe(listener: Listener): Promise<() => void> {
    this.listeners.add(listener);
    await this.hear(CHANNEL);
    return () => {
      this.listeners.delete(listener);
      if (!this.listeners.size) this.ignore(CHANNEL);
    };
  }

  /** Wakes the runner of an operation that was asked to stop; the runner then reads Postgres. */
  publishCancel(operationId: string): void {
    this.send(CANCEL_CHANNEL, operationId);
  }

  /** Calls `listener` with the id of each operation that is asked to stop, until the returned function is called. */
  async subscribeCancel(listener: (operationId: string) => void): Promise<() => void> {
    this.cancelListeners.add(listener);
    await this.hear(CANCEL_CHANNEL);
    return () => this.cancelListeners.delete(listener);
  }

  private publishGathered(): void {
    const events = this.gathered!;
    this.gathered = undefined;
    if (events.length) this.publishAtOnce(events);
  }

  /** An array where there are several; what follows is gathered. */
  private publishAtOnce(events: Event[]): void {
    this.gathered = [];
    this.send(CHANNEL, JSON.stringify(events.length > 1 ? events : events[0]), events.length);
    setTimeout(() => this.publishGathered(), GATHER_MS).unref();
  }

  private send(channel: string, message: string, events = 1): void {
    if (this.pending + events > MAX_PENDING) return;
    this.publisher ??= this.redis.impatient((error) => this.log.debug({ error: error.message }, 'redis'));
    this.pending += events;
    this.publisher
      .publish(channel, message)
      .catch((error: unknown) => this.log.debug({ error: messageOf(error) }, 'event not published'))
      .finally(() => (this.pending -= events));
  }

  /** A process that nobody listens in is told nothing: every event of the cluster is a message to parse. */
  private async hear(channel: string): Promise<void> {
    if (!this.subscriber) {
      this.subscriber = this.redis.patient((error) => this.log.debug({ error: error.message }, 'redis'));
      this.subscriber.on('message', (from, message) => this.receive(from, message));
    }
    if (!this.heard.has(channel)) this.heard.set(channel, this.subscriber.subscribe(channel));
    await this.heard.get(channel);
  }

  private ignore(channel: string): void {
    this.heard.delete(channel);
    this.subscriber!.unsubscribe(channel).catch((error: unknown) =>
      this.log.debug({ error: messageOf(error) }, 'not unsubscribed'),
    );
  }

  private receive(channel: string, message: string): void {
    if (channel === CANCEL_CHANNEL) {
      for (const listener of this.cancelListeners) listener(message);
      return;
    }
    for (const event of [JSON.parse(message) as Event | Event[]].flat())
      for (const listener of this.listeners) listener(event);
  }
}
