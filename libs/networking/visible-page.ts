import type { ObjectLiteral, SelectQueryBuilder } from 'typeorm';
import type { Caller } from '#libs/common/caller';
import { page } from '#libs/database/paging';
import type { PageRequest } from '#libs/database/paging';
import { allows } from '#libs/policy/policy';

const OWN = 'x.project_id = :projectId';

/**
 * As `page`, of the rows of the caller's project (`query` has the alias `x`), and of all rows for callers who may list every
 * project's networks. `shared`: SQL for the rows of others that the caller sees too; it may use `:projectId`.
 */
export function visiblePage<T extends ObjectLiteral>(
  resource: string,
  query: SelectQueryBuilder<T>,
  caller: Caller,
  columns: Record<string, string>,
  request: PageRequest,
  shared?: string,
): Promise<T[]> {
  query.setParameter('projectId', caller.projectId);
  const visible = shared ? `(${OWN} OR ${shared})` : OWN;
  return page(resource, query, columns, request, allows(caller, 'get_network:all_projects') ? undefined : visible);
}
