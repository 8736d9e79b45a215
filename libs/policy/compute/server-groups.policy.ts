import { PROJECT, rules } from '../rule.js';

const groups = '/compute/v2.1/os-server-groups';
const member = 'rule:project_member_or_admin';
const reader = 'rule:project_reader_or_admin';
const admin = 'rule:context_is_admin';

/** Nova API: server groups. */
export const serverGroups = rules({
  'os_compute_api:os-server-groups:create': {
    check: 'rule:project_member',
    scope: PROJECT,
    description: 'Create a server group',
    routes: [`POST ${groups}`],
  },
  'os_compute_api:os-server-groups:delete': {
    check: member,
    scope: PROJECT,
    description: 'Delete a server group',
    routes: [`DELETE ${groups}/{id}`],
  },
  'os_compute_api:os-server-groups:index': {
    check: reader,
    scope: PROJECT,
    description: "List the project's server groups",
    routes: [`GET ${groups}`],
  },
  'os_compute_api:os-server-groups:index:all_projects': {
    check: admin,
    scope: PROJECT,
    description: 'List the server groups of all projects',
  },
  'os_compute_api:os-server-groups:show': {
    check: reader,
    scope: PROJECT,
    description: 'Show a server group',
    routes: [`GET ${groups}/{id}`],
  },
});
