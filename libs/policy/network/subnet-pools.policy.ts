import { PROJECT, rules } from '../rule.js';

const at = '/networking/v2.0/subnetpools';
const member = 'rule:project_member_or_admin';
const reader = 'rule:project_reader_or_admin or (role:reader and rule:shared)';
const admin = 'rule:context_is_admin';

/** Neutron API: subnet pools. */
export const subnetPools = rules({
  create_subnetpool: {
    check: member,
    scope: PROJECT,
    description: 'Create a subnet pool: for another project as an administrator only',
    routes: [`POST ${at}`],
  },
  'create_subnetpool:shared': {
    check: admin,
    scope: PROJECT,
    description: 'Create a subnet pool that all projects share',
  },
  'create_subnetpool:is_default': {
    check: admin,
    scope: PROJECT,
    description: 'Make a new subnet pool the default one',
  },
  get_subnetpool: {
    check: reader,
    scope: PROJECT,
    description: "List and show subnet pools: the project's and shared ones",
    routes: [`GET ${at}`, `GET ${at}/{id}`],
  },
  update_subnetpool: {
    check: member,
    scope: PROJECT,
    description: 'Change a subnet pool',
    routes: [`PUT ${at}/{id}`],
  },
  'update_subnetpool:is_default': { check: admin, scope: PROJECT, description: 'Make a subnet pool the default one' },
  delete_subnetpool: {
    check: member,
    scope: PROJECT,
    description: 'Delete a subnet pool',
    routes: [`DELETE ${at}/{id}`],
  },
  'get_subnetpool:tags': {
    check: reader,
    scope: PROJECT,
    description: 'See the tags of a subnet pool',
    routes: [`GET ${at}/{id}/tags`, `GET ${at}/{id}/tags/{tag}`],
  },
  'create_subnetpool:tags': {
    check: member,
    scope: PROJECT,
    description: 'Add several tags to a subnet pool',
    routes: [`POST ${at}/{id}/tags`],
  },
  'update_subnetpool:tags': {
    check: member,
    scope: PROJECT,
    description: 'Replace the tags of a subnet pool, or add one',
    routes: [`PUT ${at}/{id}/tags`, `PUT ${at}/{id}/tags/{tag}`],
  },
  'delete_subnetpool:tags': {
    check: member,
    scope: PROJECT,
    description: 'Remove tags from a subnet pool',
    routes: [`DELETE ${at}/{id}/tags`, `DELETE ${at}/{id}/tags/{tag}`],
  },
});
