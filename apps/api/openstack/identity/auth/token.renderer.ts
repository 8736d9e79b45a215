import type { Principal } from '#libs/identity/principal';
import { catalog } from '../catalog/catalog.js';

/** Keystone's times have microseconds. */
const time = (at: Date) => at.toISOString().replace('Z', '000Z');

/** Keystone API: `token` of POST and GET /v3/auth/tokens. */
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
