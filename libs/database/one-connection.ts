import type { DataSource, EntityManager } from 'typeorm';

/**
 * Runs `work`, without a transaction, on one connection of the pool: what it asks for at once leaves in one write, and wakes one
 * process of PostgreSQL.
 */
export async function onOneConnection<T>(
  database: DataSource,
  work: (manager: EntityManager) => Promise<T>,
): Promise<T> {
  const runner = database.createQueryRunner();
  try {
    return await work(runner.manager);
  } finally {
    await runner.release();
  }
}
