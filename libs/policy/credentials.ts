import type { Caller } from '#libs/common/caller';
import type { Credentials } from './check/check.js';
import type { Scope } from './rule.js';

/** What rules look at of a caller. */
export type Asker = Pick<
  Caller,
  'userId' | 'projectId' | 'roles' | 'domainId' | 'system' | 'userDomainId' | 'projectDomainId'
>;

/** Where the caller's roles hold. */
export function scopeOf({ projectId, domainId, system }: Asker): Scope {
  if (system) return 'system';
  if (domainId) return 'domain';
  return projectId ? 'project' : 'unscoped';
}

/** Keystone's implied roles: admin implies member implies reader. */
const IMPLIED: Readonly<Record<string, readonly string[]>> = { admin: ['member', 'reader'], member: ['reader'] };

/**
 * Kept per caller: one request asks about the same caller many times, and an event stream for as long as it is open.
 */
const known = new WeakMap<Asker, Credentials>();

/** The caller in oslo.policy's names. */
export function credentialsOf(asker: Asker): Credentials {
  const found = known.get(asker) ?? read(asker);
  known.set(asker, found);
  return found;
}

function read(asker: Asker): Credentials {
  const roles = asker.roles.map((role) => role.toLowerCase());
  return {
    user_id: asker.userId,
    project_id: asker.projectId || undefined,
    domain_id: asker.domainId,
    user_domain_id: asker.userDomainId,
    project_domain_id: asker.projectDomainId,
    system_scope: asker.system ? 'all' : undefined,
    scope: scopeOf(asker),
    roles: [...new Set(roles.flatMap((role) => [role, ...(IMPLIED[role] ?? [])]))],
  };
}
