import { Injectable } from '@nestjs/common';
import type { OnApplicationShutdown } from '@nestjs/common';
import type { PoolClient } from 'pg';
import { DataSource } from 'typeorm';
import type { QueryRunner } from 'typeorm';
import { sleep } from '#libs/common/clock';
import { messageOf } from '#libs/common/errors';
import { createLogger } from '#libs/common/logger';

type Listener = (payload: string) => void;

const RETRY_MS = 500;

/**
 * PostgreSQL's NOTIFY as events, over a connection of its own. Notices sent while that connection was broken are lost:
 * each listener is called once when it is back, and must also look from time to time.
 */
@Injectable()
export class Notices implements OnApplicationShutdown {
  private readonly log = createLogger('notices');
  private readonly listeners = new Map<string, Set<Listener>>();
  private session: QueryRunner | undefined;
  private opening: Promise<void> | undefined;
  private readonly ending = new AbortController();

  constructor(private readonly database: DataSource) {}

  /** Calls `listener` (which must not throw) for each notice, until the returned function is called. */
  async listen(channel: string, listener: Listener): Promise<() => void> {
    const known = this.listeners.get(channel);
    if (known) known.add(listener);
    else this.listeners.set(channel, new Set([listener]));
    if (!this.session) await (this.opening ??= this.open().finally(() => (this.opening = undefined)));
    else if (!known) await this.session.query(`LISTEN ${channel}`);
    return () => this.listeners.get(channel)?.delete(listener);
  }

  /** Ends the connection. */
  async onApplicationShutdown(): Promise<void> {
    this.ending.abort();
    const { session } = this;
    this.session = undefined;
    await session?.query('UNLISTEN *').catch(() => undefined); // a broken session has no channels
    await session?.release();
  }

  private async open(): Promise<void> {
    for (;;) {
      const session = this.database.createQueryRunner();
      try {
        const client = (await session.connect()) as PoolClient;
        client.on('notification', ({ channel, payload = '' }) => this.tell(channel, payload));
        client.once('end', () => void this.lost(session));
        for (const channel of this.listeners.keys()) await session.query(`LISTEN ${channel}`);
        this.session = session;
        return;
      } catch (error) {
        await session.release().catch(() => undefined); // the session is broken
        if (this.ending.signal.aborted) throw error;
        this.log.warn({ error: messageOf(error) }, 'no connection for notices');
        await sleep(RETRY_MS, this.ending.signal);
      }
    }
  }

  private async lost(session: QueryRunner): Promise<void> {
    if (this.session !== session) return;
    this.session = undefined;
    await session.release().catch(() => undefined); // the session is broken
    await (this.opening ??= this.open().finally(() => (this.opening = undefined))).catch(() => undefined); // the process ends
    for (const channel of this.listeners.keys()) this.tell(channel, '');
  }

  private tell(channel: string, payload: string): void {
    for (const listener of this.listeners.get(channel) ?? []) listener(payload);
  }
}
