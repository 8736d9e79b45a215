import { PROJECT, rules } from '../rule.js';

const at = '/compute/v2.1/flavors';
const admin = 'rule:context_is_admin';

/** Nova API: flavors, their extra specs and who may use them. */
export const flavors = rules({
  'os_compute_api:flavors:index': {
    check: 'rule:reader',
    scope: PROJECT,
    description: 'List and show the flavors that the project may use',
    routes: [`GET ${at}`, `GET ${at}/detail`, `GET ${at}/{id}`],
  },
  'os_compute_api:flavors:all': {
    check: admin,
    scope: PROJECT,
    description: 'See flavors of all projects',
  },
  'os_compute_api:os-flavor-manage:create': {
    check: admin,
    scope: PROJECT,
    description: 'Create a flavor',
    routes: [`POST ${at}`],
  },
  'os_compute_api:os-flavor-manage:update': {
    check: admin,
    scope: PROJECT,
    description: "Change a flavor's description",
    routes: [`PUT ${at}/{id}`],
  },
  'os_compute_api:os-flavor-manage:delete': {
    check: admin,
    scope: PROJECT,
    description: 'Delete a flavor',
    routes: [`DELETE ${at}/{id}`],
  },
  'os_compute_api:os-flavor-access': {
    check: admin,
    scope: PROJECT,
    description: 'List the projects that may use a flavor',
    routes: [`GET ${at}/{id}/os-flavor-access`],
  },
  'os_compute_api:os-flavor-access:add_tenant_access': {
    check: admin,
    scope: PROJECT,
    description: 'Let a project use a flavor',
    routes: [`POST ${at}/{id}/action`],
  },
  'os_compute_api:os-flavor-access:remove_tenant_access': {
    check: admin,
    scope: PROJECT,
    description: 'Let a project no longer use a flavor',
    routes: [`POST ${at}/{id}/action removeTenantAccess`],
  },
  'os_compute_api:os-flavor-extra-specs:index': {
    check: 'rule:reader',
    scope: PROJECT,
    description: "List a flavor's extra specs",
    routes: [`GET ${at}/{id}/os-extra_specs`],
  },
  'os_compute_api:os-flavor-extra-specs:show': {
    check: 'rule:reader',
    scope: PROJECT,
    description: 'Show an extra spec of a flavor',
    routes: [`GET ${at}/{id}/os-extra_specs/{key}`],
  },
  'os_compute_api:os-flavor-extra-specs:create': {
    check: admin,
    scope: PROJECT,
    description: 'Add extra specs to a flavor',
    routes: [`POST ${at}/{id}/os-extra_specs`],
  },
  'os_compute_api:os-flavor-extra-specs:update': {
    check: admin,
    scope: PROJECT,
    description: 'Change an extra spec of a flavor',
    routes: [`PUT ${at}/{id}/os-extra_specs/{key}`],
  },
  'os_compute_api:os-flavor-extra-specs:delete': {
    check: admin,
    scope: PROJECT,
    description: 'Remove an extra spec of a flavor',
    routes: [`DELETE ${at}/{id}/os-extra_specs/{key}`],
  },
});
