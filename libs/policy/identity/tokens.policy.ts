import { ANY, rules } from '../rule.js';

const at = '/identity/v3';

/** Keystone API: tokens, what a token may be scoped to, the catalog. `target.token.user_id`: whose token it is. */
export const tokens = rules({
  'identity:validate_token': {
    check: 'user_id:%(target.token.user_id)s or rule:admin_required or rule:system_reader or role:service',
    scope: ANY,
    description: "Show a token: one's own, or anybody's",
    routes: [`GET ${at}/auth/tokens`],
  },
  'identity:revoke_token': {
    check: 'user_id:%(target.token.user_id)s or rule:admin_required',
    scope: ANY,
    description: "Revoke a token: one's own, or anybody's",
    routes: [`DELETE ${at}/auth/tokens`],
  },
  'identity:get_auth_catalog': {
    check: '@',
    scope: ANY,
    description: 'Show the catalog',
    about: 'nothing',
    routes: [`GET ${at}/auth/catalog`],
  },
  'identity:get_auth_projects': {
    check: '@',
    scope: ANY,
    description: 'List the projects that one has a role on',
    routes: [`GET ${at}/auth/projects`],
  },
  'identity:get_auth_domains': {
    check: '@',
    scope: ANY,
    description: 'List the domains that one has a role on',
    routes: [`GET ${at}/auth/domains`],
  },
  'identity:list_services': {
    check: '@',
    scope: ANY,
    description: 'List services',
    about: 'nothing',
    routes: [`GET ${at}/services`],
  },
  'identity:get_service': {
    check: '@',
    scope: ANY,
    description: 'Show a service',
    about: 'nothing',
    routes: [`GET ${at}/services/{id}`],
  },
  'identity:list_endpoints': {
    check: '@',
    scope: ANY,
    description: 'List end points',
    about: 'nothing',
    routes: [`GET ${at}/endpoints`],
  },
  'identity:list_regions': {
    check: '@',
    scope: ANY,
    description: 'List regions',
    about: 'nothing',
    routes: [`GET ${at}/regions`],
  },
});
