import { PROJECT, rules } from '../rule.js';

const at = '/networking/v2.0/networks';
const member = 'rule:project_member_or_admin';
const reader = 'rule:project_reader_or_admin';
const admin = 'rule:context_is_admin';

/** Neutron API: networks. */
export const networks = rules({
  create_network: {
    check: member,
    scope: PROJECT,
    description: 'Create a network: for another project as an administrator only',
    routes: [`POST ${at}`],
  },
  'create_network:shared': {
    check: admin,
    scope: PROJECT,
    description: 'Create a network that all projects share',
  },
  'create_network:provider:segmentation_id': {
    check: admin,
    scope: PROJECT,
    description: "Choose a new network's VNI",
  },
  get_network: {
    check: `${reader} or (role:reader and rule:shared)`,
    scope: PROJECT,
    description: "List and show networks: the project's and shared ones",
    routes: [`GET ${at}`, `GET ${at}/{id}`],
  },
  'get_network:all_projects': {
    check: admin,
    scope: PROJECT,
    description: 'List networks, subnets and ports of all projects',
  },
  'get_network:provider:segmentation_id': {
    check: admin,
    scope: PROJECT,
    description: "See networks' VNIs and other provider attributes; filter and sort by them",
  },
  update_network: {
    check: member,
    scope: PROJECT,
    description: 'Change a network',
    routes: [`PUT ${at}/{id}`],
  },
  'update_network:shared': {
    check: admin,
    scope: PROJECT,
    description: 'Share a network with all projects',
  },
  delete_network: {
    check: member,
    scope: PROJECT,
    description: 'Delete a network',
    routes: [`DELETE ${at}/{id}`],
  },
  'get_network:tags': {
    check: `${reader} or (role:reader and rule:shared)`,
    scope: PROJECT,
    description: 'See the tags of a network',
    routes: [`GET ${at}/{id}/tags`, `GET ${at}/{id}/tags/{tag}`],
  },
  'create_network:tags': {
    check: member,
    scope: PROJECT,
    description: 'Add several tags to a network',
    routes: [`POST ${at}/{id}/tags`],
  },
  'update_network:tags': {
    check: member,
    scope: PROJECT,
    description: 'Replace the tags of a network, or add one',
    routes: [`PUT ${at}/{id}/tags`, `PUT ${at}/{id}/tags/{tag}`],
  },
  'delete_network:tags': {
    check: member,
    scope: PROJECT,
    description: 'Remove tags from a network',
    routes: [`DELETE ${at}/{id}/tags`, `DELETE ${at}/{id}/tags/{tag}`],
  },
});
