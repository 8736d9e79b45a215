import type { EntityManager } from 'typeorm';

/**
 * Forbids the commit of every uncommitted live move of these instances. Runs in the transaction that tells an agent who
 * owns them: a frozen source that owns an instance lets it go on, and a target that does not removes its disk, so no
 * commit may follow (invariants 2 and 5). Index: migrations_by_instance.
 */
export async function closeSwitches(tx: EntityManager, instanceIds: string[]): Promise<void> {
  await tx.query(
    `UPDATE migrations SET switch_deadline = clock_timestamp()
     WHERE instance_id = ANY($1) AND status IN ('running', 'migrating')
       AND (switch_deadline IS NULL OR switch_deadline > clock_timestamp())`,
    [instanceIds],
  );
}
