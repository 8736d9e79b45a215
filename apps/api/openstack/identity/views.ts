import { publicUrl } from '#apps/api/http/public-url';
import type { Principal } from '#libs/identity/principal';
import type { Project } from '#libs/identity/projects/project.entity';
import type { AssignmentView } from '#libs/identity/roles/roles.service';
import type { User } from '#libs/identity/users/user.entity';
import { catalog } from './catalog/catalog.js';

const base = () => `${publicUrl()}/identity/v3`;

/** Keystone's times have microseconds. */
const time = (at: Date) => at.toISOString().replace('Z', '000Z');

export const links = (path: string) => ({ self: `${base()}/${path}` });

/** A list with Keystone's links; `next` is set where there is another page. */
export const listLinks = (path: string, next?: string) => ({
  self: `${base()}/${path}`,
  previous: null,
  next: next ?? null,
});

export function renderToken(principal: Principal, withCatalog = true) {
  const { project, domain, system, roleRefs } = principal;
  const scope = project ? { project, is_domain: false } : domain ? { domain } : system ? { system: { all: true } } : {};
  return {
    token: {
      methods: principal.methods,
      user: { ...principal.user, password_expires_at: null },
      audit_ids: [principal.auditId],
      issued_at: time(principal.issuedAt),
      expires_at: time(principal.expiresAt),
      ...scope,
      ...(project || domain || system ? { roles: roleRefs, ...(withCatalog ? { catalog: catalog() } : {}) } : {}),
    },
  };
}

export function renderProject({ id, name, domainId, description, enabled }: Project) {
  const rest = { description, enabled, is_domain: false, tags: [], options: {} };
  return { id, name, domain_id: domainId, parent_id: domainId, ...rest, links: links(`projects/${id}`) };
}

export function renderDomain({ id, name, description, enabled }: Project) {
  return { id, name, description, enabled, tags: [], options: {}, links: links(`domains/${id}`) };
}

export function renderUser({ id, name, domainId, enabled, email, description, defaultProjectId }: User) {
  return {
    id,
    name,
    domain_id: domainId,
    enabled,
    description,
    ...(email ? { email } : {}),
    ...(defaultProjectId ? { default_project_id: defaultProjectId } : {}),
    password_expires_at: null,
    options: {},
    links: links(`users/${id}`),
  };
}

export function renderRole({ id, name }: { id: string; name: string }) {
  return { id, name, domain_id: null, description: null, options: {}, links: links(`roles/${id}`) };
}

export function renderAssignment({ user, role, target }: AssignmentView, withNames: boolean) {
  const brief = <T extends { id: string }>(one: T) => (withNames ? one : { id: one.id });
  const { isDomain, id, name, domain } = target;
  const place = isDomain ? { domain: brief({ id, name }) } : { project: brief({ id, name, domain }) };
  const path = `${isDomain ? 'domains' : 'projects'}/${id}/users/${user.id}/roles/${role.id}`;
  return { user: brief(user), role: brief(role), scope: place, links: { assignment: `${base()}/${path}` } };
}
