import type { Writable } from 'node:stream';
import pg from 'pg';
import { createLogger } from '#libs/common/logger';
import { forgetPrepared, prepared } from './prepared-statements.js';
import { isStalePlan } from './transient-errors.js';

const log = createLogger('database');

type Ask = (text: unknown, values?: unknown, ...rest: unknown[]) => unknown;

const BEGIN = 'START TRANSACTION';
/**
 * The answer that TypeORM gets to a BEGIN that has not been sent yet, or to the end of a transaction without
 * statements.
 */
const NOTHING = { command: '', rowCount: null, rows: [], fields: [], oid: 0 };

/**
 * A connection that prepares frequent statements, sends statements without waiting for earlier answers (`pipeline`),
 * and sends BEGIN together with a transaction's first statement. It also listens for its own errors: pg-pool and
 * TypeORM listen only while they hold it, and an error between the two would be an uncaught exception. A query on a
 * lost connection fails.
 */
export class Connection extends pg.Client {
  /** TypeORM has begun a transaction, and no statement of it has been sent yet. */
  private toBegin = false;
  /** Its stream is corked until the event loop's turn ends. */
  private gathering = false;
  private readonly ask: Ask;

  constructor(config?: pg.ClientConfig) {
    super({ ...config, pipeline: true } as pg.ClientConfig);
    this.on('error', (error) => log.debug({ error: error.message }, 'connection lost'));
    this.ask = super.query.bind(this) as Ask;
    const query: Ask = (...given) => this.queryNow(...given);
    this.query = query as typeof this.query;
  }

  private queryNow(text: unknown, values?: unknown, ...rest: unknown[]): unknown {
    if (text === BEGIN) {
      this.toBegin = true;
      return Promise.resolve(NOTHING);
    }
    this.gather();
    if (!this.toBegin) return this.prepare(text, values, rest);
    this.toBegin = false;
    if (text === 'COMMIT' || text === 'ROLLBACK') return Promise.resolve(NOTHING);
    // Where BEGIN fails, the statement after it fails too and reports the error.
    (this.ask(BEGIN) as Promise<unknown>).catch(() => undefined);
    return this.prepare(text, values, rest);
  }

  /** TypeORM's statements come as a text and values; all others are passed on unchanged. */
  private prepare(text: unknown, values: unknown, rest: unknown[]): unknown {
    if (typeof text !== 'string' || !Array.isArray(values) || !values.length || rest.length)
      return this.ask(text, values, ...rest);
    return (this.ask(prepared(text, values)) as Promise<unknown>).catch((error: unknown) => {
      if (isStalePlan(error)) forgetPrepared(text);
      throw error;
    });
  }

  /** What is asked in one turn of the event loop leaves in one write: each wakes PostgreSQL, and is a call of the kernel. */
  private gather(): void {
    if (this.gathering) return;
    this.gathering = true;
    const { stream } = (this as unknown as { connection: { stream: Writable } }).connection;
    stream.cork();
    process.nextTick(() => {
      this.gathering = false;
      stream.uncork();
    });
  }
}
