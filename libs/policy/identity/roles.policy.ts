import { DOMAIN, rules } from '../rule.js';

const at = '/identity/v3';
const onTargets = (method: string, path: string) =>
  ['projects', 'domains'].map((kind) => `${method} ${at}/${kind}/{target}/users/{user}/roles${path}`);
const domainReader =
  'rule:admin_required or rule:system_reader or ' +
  '(role:reader and domain_id:%(target.user.domain_id)s and domain_id:%(target.domain_id)s)';
/** On a project `admin` is an administrator of the whole cloud: a domain's admin hands out what is less. */
const domainAdmin =
  'rule:admin_required or (role:admin and domain_id:%(target.user.domain_id)s and domain_id:%(target.domain_id)s and ' +
  "('member':%(target.role.name)s or 'reader':%(target.role.name)s or True:%(target.is_domain)s))";

/** Keystone API: roles and who has them. `target.domain_id`: the domain, or the project's. */
export const roles = rules({
  'identity:list_roles': {
    check: 'rule:admin_required or rule:system_reader or (role:reader and scope:domain)',
    scope: DOMAIN,
    description: 'List roles',
    routes: [`GET ${at}/roles`],
  },
  'identity:get_role': {
    check: 'rule:admin_required or rule:system_reader or (role:reader and scope:domain)',
    scope: DOMAIN,
    description: 'Show a role',
    routes: [`GET ${at}/roles/{id}`],
  },
  'identity:create_role': {
    check: 'rule:admin_required',
    scope: DOMAIN,
    description: 'Create a role',
    routes: [`POST ${at}/roles`],
  },
  'identity:delete_role': {
    check: 'rule:admin_required',
    scope: DOMAIN,
    description: 'Delete a role',
    routes: [`DELETE ${at}/roles/{id}`],
  },
  'identity:list_grants': {
    check: domainReader,
    scope: DOMAIN,
    description: 'List the roles of a user on a project or domain',
    routes: onTargets('GET', ''),
  },
  'identity:check_grant': {
    check: domainReader,
    scope: DOMAIN,
    description: 'Ask whether a user has a role on a project or domain',
    routes: onTargets('GET', '/{role}'),
  },
  'identity:create_grant': {
    check: domainAdmin,
    scope: DOMAIN,
    description: 'Give a user a role on a project or domain',
    routes: onTargets('PUT', '/{role}'),
  },
  'identity:revoke_grant': {
    check: domainAdmin,
    scope: DOMAIN,
    description: 'Take a role on a project or domain from a user',
    routes: onTargets('DELETE', '/{role}'),
  },
  'identity:list_system_grants': {
    check: 'rule:admin_required or rule:system_reader',
    scope: DOMAIN,
    description: 'List the roles of a user on the system, or ask for one',
    routes: [`GET ${at}/system/users/{user}/roles`, `GET ${at}/system/users/{user}/roles/{role}`],
  },
  'identity:create_system_grant_for_user': {
    check: 'rule:admin_required',
    scope: DOMAIN,
    description: 'Give a user a role on the system',
    routes: [`PUT ${at}/system/users/{user}/roles/{role}`],
  },
  'identity:revoke_system_grant_for_user': {
    check: 'rule:admin_required',
    scope: DOMAIN,
    description: 'Take a role on the system from a user',
    routes: [`DELETE ${at}/system/users/{user}/roles/{role}`],
  },
  'identity:list_role_assignments': {
    check: 'rule:admin_required or rule:system_reader or (role:reader and domain_id:%(target.domain_id)s)',
    scope: DOMAIN,
    description: 'List who has which role: all, or those on the domain of the token and its projects',
    routes: [`GET ${at}/role_assignments`],
  },
});
