import type { DataSource, QueryRunner } from 'typeorm';
import { messageOf } from '#libs/common/errors';
import type { Logger } from '#libs/common/logger';
import { tryLockSession } from '#libs/database/advisory-locks';
import { EXPIRE_LEASES, SHOW_PRESENCE, WORKERS_MISSED } from './execution-sql.js';

/** A live worker whose database session broke has this long to show itself again. */
const MISSED_MS = 3_000;

/**
 * A worker's sign of life: an advisory lock on a database session of its own, which ends when the process does, however
 * that was. What a worker without a sign still holds is free at once: nobody waits out the lease of one that was killed
 * while an instance stood frozen for its commit. Behind a pooler that hands sessions on the sign may outlive the worker;
 * then the lease decides, as it would without.
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
   * Shows this worker. True for the one that sweeps for all: it has the lock `sweeper` for as long as its session lasts.
   * Throws where Postgres is away.
   */
  async look(): Promise<boolean> {
    try {
      const session = await this.shown();
      // Also where it has the lock already: it is how a session that broke is noticed.
      return await this.leads(session);
    } catch (error) {
      this.log.warn({ error: messageOf(error) }, 'the session that shows this worker broke');
      // The session broke: a new one says whether Postgres is there, and shows this worker again at once.
      await this.hide();
      await this.shown();
      return false;
    }
  }

  /** Ends the leases of workers that are missed. */
  async expireLost(): Promise<void> {
    await this.expire(await this.shown());
  }

  /** The session ends, and the sign with it. */
  async hide(): Promise<void> {
    const session = this.session;
    this.session = undefined;
    this.leading = false;
    // Released, it would go back to the pool with its lock.
    await session?.query('SELECT pg_advisory_unlock_all()').catch(() => undefined); // a broken session has none
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
