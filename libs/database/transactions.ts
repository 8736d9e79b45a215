import type { DataSource, EntityManager } from 'typeorm';
import { retry } from '#libs/common/retry';
import { isLostRace } from './transient-errors.js';

const LOST_RACES = { attempts: 5, baseMs: 5, maxMs: 100 };

/**
 * Runs `work` in one transaction (read committed), and again, up to five times, where PostgreSQL ended it by a deadlock
 * or a serialization failure. `work` must therefore have no effect outside the database.
 */
export function transact<T>(dataSource: DataSource, work: (tx: EntityManager) => Promise<T>): Promise<T> {
  return retry(LOST_RACES, () => dataSource.transaction(work), isLostRace);
}
