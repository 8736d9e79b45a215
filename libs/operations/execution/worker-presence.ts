import type { DataSource, QueryRunner } from 'typeorm';
import { messageOf } from '#libs/common/errors';
import type { Logger } from '#libs/common/logger';
import { tryLockSession } from '#libs/database/advisory-locks';
import { EXPIRE_LEASES, SHOW_PRESENCE, WORKERS_MISSED } from './execution-sql.js';

/** Milliseconds in which a live worker whose database session broke can show itself again. */
const MISSED_MS = 3_000;

/**
 * Shows that this worker lives: an advisory lock on a database session of its own, which PostgreSQL ends with the
 * process. The leases of a worker without the lock end at once; otherwise an instance could stand frozen for its commit
 * until a killed worker's lease has run out. Behind a pooler that passes sessions on, the lock may outlive the worker;
 * then the lease decides.
 */
export class WorkerPresence {
  private session: QueryRunner | undefined;
  private leading = false;
  private readonly missed = new Map<string, number>();

  constructor(
    private readonly database: DataSource,
    private readonly worker: string,
    private readonly log: Logger,
  ) {}

  /**
   * Shows this worker. Returns true for the one worker that sweeps for all: its session holds the lock `sweeper`.
   * Throws where Postgres is away.
   */
  async look(): Promise<boolean> {
    try {
      const session = await this.shown();
      // Asked also where this worker sweeps already: the query notices a broken session.
      return await this.leads(session);
    } catch (error) {
      this.log.warn({ error: messageOf(error) }, 'the session that shows this worker broke');
      // The session broke: a new one tells whether Postgres is there, and shows this worker again at once.
      await this.hide();
      await this.shown();
      return false;
    }
  }

  /** Ends the leases of workers that do not show themselves. */
  async expireLost(): Promise<void> {
    await this.expire(await this.shown());
  }

  /** Ends the session, and the presence with it. */
  async hide(): Promise<void> {
    const session = this.session;
    this.session = undefined;
    this.leading = false;
    // The pool keeps the session open, so its locks must be released first.
    await session?.query('SELECT pg_advisory_unlock_all()').catch(() => undefined); // a broken session holds none
    await session?.release();
  }

  private async leads(session: QueryRunner): Promise<boolean> {
    if (this.leading) await session.query('SELECT 1');
    else this.leading = await tryLockSession(session, 'sweeper');
    return this.leading;
  }

  private async shown(): Promise<QueryRunner> {
    if (this.session) return this.session;
    const session = this.database.createQueryRunner();
    try {
      await session.query(SHOW_PRESENCE, [this.worker]);
    } catch (error) {
      await session.release();
      throw error;
    }
    return (this.session = session);
  }

  private async expire(session: QueryRunner): Promise<void> {
    const found = (await session.manager.query<{ worker: string }[]>(WORKERS_MISSED)).map(({ worker }) => worker);
    for (const worker of this.missed.keys()) if (!found.includes(worker)) this.missed.delete(worker);
    const now = performance.now();
    for (const worker of found) if (!this.missed.has(worker)) this.missed.set(worker, now);
    const lost = found.filter((worker) => now - this.missed.get(worker)! >= MISSED_MS);
    if (!lost.length) return;
    await session.query(EXPIRE_LEASES, [lost]);
    this.log.warn({ workers: lost }, 'workers lost: their operations are free');
  }
}
