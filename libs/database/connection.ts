import pg from 'pg';
import { createLogger } from '#libs/common/logger';
import { forgetPrepared, prepared } from './prepared-statements.js';
import { isStalePlan } from './transient-errors.js';

const log = createLogger('database');

type Ask = (text: unknown, values?: unknown, ...rest: unknown[]) => unknown;

const BEGIN = 'START TRANSACTION';
/** What TypeORM is answered where nothing was asked. */
const NOTHING = { command: '', rowCount: null, rows: [], fields: [], oid: 0 };

/**
 * A connection whose end ends nothing else (pg-pool listens for errors while it holds a connection, TypeORM while it has
 * one: what arrives in between, with the greeting itself, say, would be an uncaught exception; its next query fails), that
 * prepares what is asked often, sends what is asked at once without waiting for answers (`pipeline`), and begins a
 * transaction together with its first statement.
 */
export class Connection extends pg.Client {
  /** TypeORM has begun a transaction, and nothing was asked in it yet. */
  private toBegin = false;
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
    if (!this.toBegin) return this.prepare(text, values, rest);
    this.toBegin = false;
    if (text === 'COMMIT' || text === 'ROLLBACK') return Promise.resolve(NOTHING);
    return this.inOneWrite(() => {
      // Where it fails, so does what follows, which tells.
      (this.ask(BEGIN) as Promise<unknown>).catch(() => undefined);
      return this.prepare(text, values, rest);
    });
  }

  /** TypeORM asks with a text and values; whatever else is asked goes as it is. */
  private prepare(text: unknown, values: unknown, rest: unknown[]): unknown {
    if (typeof text !== 'string' || !Array.isArray(values) || !values.length || rest.length)
      return this.ask(text, values, ...rest);
    return (this.ask(prepared(text, values)) as Promise<unknown>).catch((error: unknown) => {
      if (isStalePlan(error)) forgetPrepared(text);
      throw error;
    });
  }

  private inOneWrite<T>(work: () => T): T {
    const { stream } = (this as unknown as { connection: { stream: { cork(): void; uncork(): void } } }).connection;
    stream.cork();
    try {
      return work();
    } finally {
      stream.uncork();
    }
  }
}
