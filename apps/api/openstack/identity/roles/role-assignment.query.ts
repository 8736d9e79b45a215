import { InputError } from '#apps/api/http/input/input-error';
import { many, one } from '#apps/api/http/query/query';
import type { Query } from '#apps/api/http/query/query';
import type { AssignmentFilter } from '#libs/identity/roles/role-assignment.rows';
import { SYSTEM } from '#libs/identity/roles/role.entity';

interface AssignmentQuery {
  /** Null: no assignment can match. */
  filter: AssignmentFilter | null;
  includeNames: boolean;
}

const INHERITED = 'scope.OS-INHERIT:inherited_to';

/** What asks for one thing alone. */
const apart = [
  ['scope.project.id', 'scope.domain.id'],
  ['scope.system', 'scope.domain.id'],
  ['scope.system', 'scope.project.id'],
  ['user.id', 'group.id'],
  ['effective', 'group.id'],
] as const;

/**
 * Keystone API: the query of GET /role_assignments. There are no groups, nothing is inherited and projects have no subtree.
 * Throws InputError.
 */
export function assignmentsIn(query: Query): AssignmentQuery {
  const has = (field: string) => many(query, field).length > 0;
  const isTrue = (field: string) => has(field) && one(query, field) !== '0';
  for (const [first, second] of apart)
    if (has(first) && has(second))
      throw new InputError(second, one(query, second), `${first} is asked for too: one of them is expected`);
  if (isTrue('effective') && has('scope.domain.id') && has(INHERITED))
    throw new InputError(INHERITED, one(query, INHERITED), 'no value is expected with effective and scope.domain.id');
  if (isTrue('include_subtree') && !has('scope.project.id'))
    throw new InputError('include_subtree', one(query, 'include_subtree'), 'scope.project.id is expected with it');
  const includeNames = isTrue('include_names');
  if (has('group.id') || one(query, INHERITED) === 'projects') return { filter: null, includeNames };
  if (has('scope.system') && one(query, 'scope.system') !== 'all')
    throw new InputError('scope.system', one(query, 'scope.system'), 'all is expected');
  const who = { userId: one(query, 'user.id'), roleId: one(query, 'role.id'), effective: isTrue('effective') };
  return { filter: { ...who, ...targetIn(query) }, includeNames };
}

/** A project's id names no domain, nor the other way round. */
function targetIn(query: Query): Pick<AssignmentFilter, 'targetId' | 'targetKind'> {
  const [projectId, domainId] = [one(query, 'scope.project.id'), one(query, 'scope.domain.id')];
  if (projectId !== undefined) return { targetId: projectId, targetKind: 'project' };
  if (domainId !== undefined) return { targetId: domainId, targetKind: 'domain' };
  return one(query, 'scope.system') === undefined ? {} : { targetId: SYSTEM };
}
