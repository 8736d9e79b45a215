import type { AssignmentView } from '#libs/identity/roles/role-assignment.rows';
import { identityUrl, links } from '../http/links.js';

/** Keystone API: role. */
export function renderRole({ id, name }: { id: string; name: string }) {
  return { id, name, domain_id: null, description: null, options: {}, links: links(`roles/${id}`) };
}

/** Keystone API: an entry of GET /v3/role_assignments. */
export function renderAssignment({ user, role, target }: AssignmentView, withNames: boolean) {
  const brief = <T extends { id: string }>(one: T) => (withNames ? one : { id: one.id });
  const held = { user: brief(user), role: brief(role) };
  if (!target) {
    const links = { assignment: `${identityUrl()}/system/users/${user.id}/roles/${role.id}` };
    return { ...held, scope: { system: { all: true } }, links };
  }
  const { isDomain, id, name, domain } = target;
  const place = isDomain ? { domain: brief({ id, name }) } : { project: brief({ id, name, domain }) };
  const path = `${isDomain ? 'domains' : 'projects'}/${id}/users/${user.id}/roles/${role.id}`;
  return { ...held, scope: place, links: { assignment: `${identityUrl()}/${path}` } };
}
