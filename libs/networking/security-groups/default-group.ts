import type { EntityManager } from 'typeorm';
import { newId } from '#libs/common/ids';

/** Index security_groups_default. */
const FIND = 'SELECT id FROM security_groups WHERE project_id = $1 AND is_default';

/** Two processes may make it at once: the second one makes nothing. */
const MAKE = `
  WITH made AS (
    INSERT INTO security_groups (id, name, description, project_id, is_default)
    VALUES ($2, 'default', 'Default security group', $1, true)
    ON CONFLICT (project_id) WHERE is_default DO NOTHING RETURNING id, project_id)
  INSERT INTO security_group_rules (id, security_group_id, project_id, direction, ether_type, remote_group_id)
  SELECT gen_random_uuid(), made.id, made.project_id, d.direction, e.ether_type,
         CASE d.direction WHEN 'ingress' THEN made.id END
    FROM made, (VALUES ('ingress'), ('egress')) d (direction), (VALUES ('IPv4'), ('IPv6')) e (ether_type)`;

/**
 * Neutron: the id of the project's default group, which is made where it is not there: everything may leave, and what
 * comes from the group itself may come in.
 */
export async function defaultGroupId(tx: EntityManager, projectId: string): Promise<string> {
  const [found] = await tx.query<{ id: string }[]>(FIND, [projectId]);
  if (found) return found.id;
  await tx.query(MAKE, [projectId, newId()]);
  const [made] = await tx.query<{ id: string }[]>(FIND, [projectId]);
  return made!.id;
}
