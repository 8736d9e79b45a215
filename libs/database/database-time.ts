import type { EntityManager } from 'typeorm';

/** PostgreSQL's clock. It writes the leases, so it also judges them. */
export async function databaseTime(tx: EntityManager): Promise<Date> {
  const [{ now }] = await tx.query<{ now: Date }[]>('SELECT clock_timestamp() AS now');
  return now;
}
