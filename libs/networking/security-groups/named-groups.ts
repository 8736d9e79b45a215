import type { EntityManager } from 'typeorm';
import { NotFoundError } from '#libs/common/errors';
import { defaultGroupId } from './default-group.js';
import { GroupNameAmbiguousError } from './security-groups.errors.js';

/**
 * Nova API: security groups of the project by name or id; an id counts more. Throws NotFoundError,
 * GroupNameAmbiguousError.
 */
export async function groupsByName(tx: EntityManager, projectId: string, names: readonly string[]): Promise<string[]> {
  const ids: string[] = [];
  for (const name of new Set(names)) {
    const rows = await tx.query<{ id: string; name: string }[]>(
      'SELECT id, name FROM security_groups WHERE project_id = $1 AND (id::text = $2 OR name = $2) ORDER BY (id::text = $2) DESC LIMIT 3 FOR KEY SHARE',
      [projectId, name],
    );
    if (!rows.length && name === 'default') ids.push(await defaultGroupId(tx, projectId));
    else if (!rows.length) throw new NotFoundError('Security group', name);
    else if (rows.length > 1 && rows[0]!.id !== name) throw new GroupNameAmbiguousError(name);
    else ids.push(rows[0]!.id);
  }
  return [...new Set(ids)];
}
