import type { Project } from '#libs/identity/projects/project.entity';
import { links } from '../http/links.js';

export function renderProject({ id, name, domainId, description, enabled }: Project) {
  const rest = { description, enabled, is_domain: false, tags: [], options: {} };
  return { id, name, domain_id: domainId, parent_id: domainId, ...rest, links: links(`projects/${id}`) };
}

export function renderDomain({ id, name, description, enabled }: Project) {
  return { id, name, description, enabled, tags: [], options: {}, links: links(`domains/${id}`) };
}
