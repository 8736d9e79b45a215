import type { EntityManager } from 'typeorm';

/**
 * Closes the switch of every live move that these instances are in and that has not been committed. Run in the same
 * transaction before an agent is told that it owns them: a frozen source that is told so lets them go on, so no commit
 * may follow (invariant 2). Index: migrations_by_instance.
 */
export async function closeSwitches(tx: EntityManager, instanceIds: string[]): Promise<void> {
  await tx.query(
    `UPDATE migrations SET switch_deadline = clock_timestamp()
     WHERE instance_id = ANY($1) AND migration_type = 'live-migration' AND status = 'running'
       AND (switch_deadline IS NULL OR switch_deadline > clock_timestamp())`,
    [instanceIds],
  );
}
