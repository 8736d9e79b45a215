import type { User } from '#libs/identity/users/user.entity';
import { links } from '../http/links.js';

/** Keystone API: user. Never shows the password's hash. */
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
