import type { EntityManager } from 'typeorm';

/** Directions and IP versions that a port's groups must let through whole, so that it needs no filter. */
const WAYS = 4;

/**
 * Whether a port of the instance needs a host that filters: it has port security, and its groups do not let everything
 * through. Indexes ports_of_instance, security_group_rules_of_group.
 */
export async function needsPortFilter(tx: EntityManager, instanceId: string): Promise<boolean> {
  const rows = await tx.query<unknown[]>(
    `SELECT 1 FROM ports p
      WHERE p.instance_id = $1 AND p.port_security_enabled AND p.security_group_ids IS NOT NULL
        AND ${WAYS} > (SELECT count(DISTINCT (r.direction, r.ether_type)) FROM security_group_rules r
              WHERE r.security_group_id = ANY(p.security_group_ids)
                AND r.protocol IS NULL AND r.remote_ip_prefix IS NULL AND r.remote_group_id IS NULL)
      LIMIT 1`,
    [instanceId],
  );
  return rows.length > 0;
}
