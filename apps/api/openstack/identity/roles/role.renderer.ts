import type { AssignmentView } from '#libs/identity/roles/role-assignment.rows';
import { identityUrl, links } from '../http/links.js';

/** Keystone API: role. */
export function renderRole({ id, name }: { id: string; name: string }) {
  return { id, name, domain_id: null, description: null, options: {}, links: links(`roles/${id}`) };
}

/** Keystone API: an entry of GET /v3/role_assignments. */
export function renderAssignment({ user, role, priorRoleId, target }: AssignmentView, withNames: boolean) {
  const brief: Brief = (one) => (withNames ? one : { id: one.id });
  // An implied role goes away with the role that was assigned.
  const path = `${placeOf(target)}/users/${user.id}/roles/${priorRoleId ?? role.id}`;
  const prior = priorRoleId === null ? undefined : `${identityUrl()}/prior_role/${priorRoleId}/implies/${role.id}`;
  return {
    user: brief(user),
    role: brief(role),
    scope: scopeOf(target, brief),
    links: { assignment: `${identityUrl()}/${path}`, ...(prior !== undefined && { prior_role: prior }) },
  };
}

type Brief = <T extends { id: string }>(one: T) => T | { id: string };

function scopeOf(target: AssignmentView['target'], brief: Brief) {
  if (!target) return { system: { all: true } };
  const { isDomain, id, name, domain } = target;
  return isDomain ? { domain: brief({ id, name }) } : { project: brief({ id, name, domain }) };
}

function placeOf(target: AssignmentView['target']): string {
  if (!target) return 'system';
  return `${target.isDomain ? 'domains' : 'projects'}/${target.id}`;
}
