import type { Project } from '#libs/identity/projects/project.entity';
import { links } from '../http/links.js';

/** Keystone API: project. */
export function renderProject({ id, name, domainId, description, enabled, isDomain }: Project) {
  const rest = { description, enabled, is_domain: isDomain, tags: [], options: {} };
  return { id, name, domain_id: domainId, parent_id: domainId, ...rest, links: links(`projects/${id}`) };
}

/** Keystone API: domain. */
export function renderDomain({ id, name, description, enabled }: Project) {
  return { id, name, description, enabled, tags: [], options: {}, links: links(`domains/${id}`) };
}
