import type { EntityManager } from 'typeorm';

/**
 * Closes the switch of every move that these instances are in and that has not been committed. Run in the same
 * transaction before an agent is told whose they are: a frozen source that owns them lets them go on, a target that does
 * not removes their disk, so no commit may follow (invariants 2 and 5). Index: migrations_by_instance.
 */
export async function closeSwitches(tx: EntityManager, instanceIds: string[]): Promise<void> {
  await tx.query(
    `UPDATE migrations SET switch_deadline = clock_timestamp()
     WHERE instance_id = ANY($1) AND status IN ('running', 'migrating')
       AND (switch_deadline IS NULL OR switch_deadline > clock_timestamp())`,
    [instanceIds],
  );
}
