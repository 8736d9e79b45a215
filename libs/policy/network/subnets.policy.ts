import { PROJECT, rules } from '../rule.js';

const at = '/networking/v2.0/subnets';
const owner = 'rule:network_owner_or_admin';

/** Neutron API: subnets. Whose the network is, theirs they are. */
export const subnets = rules({
  create_subnet: {
    check: owner,
    scope: PROJECT,
    description: 'Create a subnet of a network',
    routes: [`POST ${at}`],
  },
  'create_subnet:project_id': {
    check: 'rule:context_is_admin',
    scope: PROJECT,
    description: 'Make a subnet for another project than the network is of',
  },
  get_subnet: {
    check: 'rule:project_reader_or_admin or (role:reader and rule:shared)',
    scope: PROJECT,
    description: "List and show subnets: of the project's and of shared networks",
    routes: [`GET ${at}`, `GET ${at}/{id}`],
  },
  update_subnet: {
    check: owner,
    scope: PROJECT,
    description: 'Change a subnet',
    routes: [`PUT ${at}/{id}`],
  },
  delete_subnet: {
    check: owner,
    scope: PROJECT,
    description: 'Delete a subnet',
    routes: [`DELETE ${at}/{id}`],
  },
  'get_subnet:tags': {
    check: 'rule:project_reader_or_admin or (role:reader and rule:shared)',
    scope: PROJECT,
    description: 'See the tags of a subnet',
    routes: [`GET ${at}/{id}/tags`, `GET ${at}/{id}/tags/{tag}`],
  },
  'create_subnet:tags': {
    check: 'rule:project_member_or_admin',
    scope: PROJECT,
    description: 'Add several tags to a subnet',
    routes: [`POST ${at}/{id}/tags`],
  },
  'update_subnet:tags': {
    check: 'rule:project_member_or_admin',
    scope: PROJECT,
    description: 'Replace the tags of a subnet, or add one',
    routes: [`PUT ${at}/{id}/tags`, `PUT ${at}/{id}/tags/{tag}`],
  },
  'delete_subnet:tags': {
    check: 'rule:project_member_or_admin',
    scope: PROJECT,
    description: 'Remove tags from a subnet',
    routes: [`DELETE ${at}/{id}/tags`, `DELETE ${at}/{id}/tags/{tag}`],
  },
});
