import type { EntityManager } from 'typeorm';
import { QuotaExceededError } from '#libs/common/errors';
import { lockKey } from '#libs/database/advisory-locks';

/** Neutron's default limits. */
export const defaultGroupLimits = { security_group: 10, security_group_rule: 100 } as const;
export type GroupResource = keyof typeof defaultGroupLimits;

const TABLES: Readonly<Record<GroupResource, string>> = {
  security_group: 'security_groups',
  security_group_rule: 'security_group_rules',
};

/** The project's limit of the resource, or the default one. -1: no limit. */
export async function groupLimit(tx: EntityManager, projectId: string, resource: GroupResource): Promise<number> {
  const [own] = await tx.query<{ limit: number }[]>(
    'SELECT "limit" FROM quotas WHERE project_id = $1 AND resource = $2',
    [projectId, resource],
  );
  return own?.limit ?? defaultGroupLimits[resource];
}

/** How many the project has. Indexes security_groups_of_project, security_group_rules_of_project. */
async function groupUsage(tx: EntityManager, projectId: string, resource: GroupResource): Promise<number> {
  const [row] = await tx.query<{ used: number }[]>(
    `SELECT count(*)::int AS used FROM ${TABLES[resource]} WHERE project_id = $1`,
    [projectId],
  );
  return row!.used;
}

/**
 * Throws QuotaExceededError where the project may not have `more` of it. Others of the project wait until the caller's
 * transaction ends.
 */
export async function requireGroupRoom(
  tx: EntityManager,
  projectId: string,
  resource: GroupResource,
  more: number,
): Promise<void> {
  await lockKey(tx, resource, projectId);
  const [limit, used] = [await groupLimit(tx, projectId, resource), await groupUsage(tx, projectId, resource)];
  if (limit >= 0 && used + more > limit) throw new QuotaExceededError(resource, more, used, limit);
}
