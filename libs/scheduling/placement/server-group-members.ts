import type { EntityManager } from 'typeorm';
import { lockKey } from '#libs/database/advisory-locks';
import type { GroupConstraint } from '../core/request.js';

/**
 * Members of a group are placed one after the other, each in its transaction, so that each sees the claims before it:
 * two at the same time could break the group's policy.
 */
export async function lockGroup(tx: EntityManager, groupId: string): Promise<void> {
  await lockKey(tx, 'server-group', groupId);
}

/** Indexes: instances_in_group, allocations_by_instance. */
const GROUP = `
  SELECT g.policy, g.max_server_per_host, a.host_id, count(DISTINCT i.id)::int AS members
  FROM server_groups g
  LEFT JOIN instances i ON i.scheduler_hints ->> 'group' = g.id::text AND i.deleted_at IS NULL AND i.id <> $2
  LEFT JOIN allocations a ON a.instance_id = i.id
  WHERE g.id = $1 GROUP BY g.id, a.host_id`;

interface GroupRow {
  policy: GroupConstraint['policy'];
  max_server_per_host: number | null;
  host_id: string | null;
  members: number;
}

/**
 * The hosts of the group's other members, and its policy (Nova: the hint `group`). Null where the group is deleted: its
 * members are no longer kept together or apart.
 */
export async function membersOfGroup(
  tx: EntityManager,
  instanceId: string,
  groupId: string,
): Promise<GroupConstraint | null> {
  const rows = await tx.query<GroupRow[]>(GROUP, [groupId, instanceId]);
  if (!rows.length) return null;
  const placed = rows.flatMap(({ host_id, members }): [string, number][] => (host_id ? [[host_id, members]] : []));
  return {
    policy: rows[0].policy,
    maxPerHost: rows[0].max_server_per_host ?? 1,
    membersByHost: new Map(placed),
  };
}
