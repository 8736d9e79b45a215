import type { EntityManager } from 'typeorm';

/** Leases are written by PostgreSQL's clock, so they are judged by it. */
export async function databaseTime(tx: EntityManager): Promise<Date> {
  const [{ now }] = await tx.query<{ now: Date }[]>('SELECT clock_timestamp() AS now');
  return now;
}
