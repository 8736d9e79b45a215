import { ANY, DOMAIN, rules } from '../rule.js';

const at = '/identity/v3/users';
const domainAdmin = 'rule:admin_required or (role:admin and domain_id:%(target.user.domain_id)s)';
const domainReader =
  'rule:admin_required or rule:system_reader or (role:reader and domain_id:%(target.user.domain_id)s)';
const self = 'user_id:%(target.user.id)s';

/** Keystone API: users. A domain's admin manages those of the domain. */
export const users = rules({
  'identity:list_users': {
    check: domainReader,
    scope: DOMAIN,
    description: 'List users: all, or those of the domain that the token is scoped to',
    routes: [`GET ${at}`],
  },
  'identity:get_user': {
    check: `${domainReader} or ${self}`,
    scope: ANY,
    description: 'Show a user',
    routes: [`GET ${at}/{id}`],
  },
  'identity:list_user_projects': {
    check: `${domainReader} or ${self}`,
    scope: ANY,
    description: 'List the projects that a user has a role on',
    routes: [`GET ${at}/{id}/projects`],
  },
  'identity:create_user': {
    check: domainAdmin,
    scope: DOMAIN,
    description: 'Create a user',
    routes: [`POST ${at}`],
  },
  'identity:update_user': {
    check: domainAdmin,
    scope: DOMAIN,
    description: 'Change a user, the password too',
    routes: [`PATCH ${at}/{id}`],
  },
  'identity:change_password': {
    check: `${self} or rule:admin_required`,
    scope: ANY,
    description: 'Change a password by telling the present one',
    routes: [`POST ${at}/{id}/password`],
  },
  'identity:delete_user': {
    check: domainAdmin,
    scope: DOMAIN,
    description: 'Delete a user',
    routes: [`DELETE ${at}/{id}`],
  },
});
