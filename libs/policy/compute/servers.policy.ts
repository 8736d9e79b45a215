import { PROJECT, rules } from '../rule.js';

const at = '/compute/v2.1/servers';
const member = 'rule:project_member_or_admin';
const reader = 'rule:project_reader_or_admin';
const admin = 'rule:context_is_admin';

/** Nova API: servers. */
export const servers = rules({
  'os_compute_api:servers:create': {
    check: 'rule:project_member',
    scope: PROJECT,
    description: 'Create a server',
    routes: [`POST ${at}`],
  },
  'os_compute_api:servers:create:forced_host': {
    check: admin,
    scope: PROJECT,
    description: 'Create a server on the host that the request names',
  },
  'os_compute_api:servers:index': {
    check: reader,
    scope: PROJECT,
    description: "List the project's servers",
    routes: [`GET ${at}`],
  },
  'os_compute_api:servers:detail': {
    check: reader,
    scope: PROJECT,
    description: "List the project's servers with details",
    routes: [`GET ${at}/detail`],
  },
  'os_compute_api:servers:index:get_all_tenants': {
    check: admin,
    scope: PROJECT,
    description: 'List servers of all projects, with and without details',
  },
  'os_compute_api:servers:allow_all_filters': {
    check: admin,
    scope: PROJECT,
    description: 'Filter and sort lists of servers by everything, hosts and users too',
  },
  'os_compute_api:servers:show': {
    check: reader,
    scope: PROJECT,
    description: 'Show a server',
    routes: [`GET ${at}/{id}`],
  },
  'os_compute_api:servers:show:host_status': {
    check: admin,
    scope: PROJECT,
    description: "Show the state of a server's host",
  },
  'os_compute_api:os-extended-server-attributes': {
    check: admin,
    scope: PROJECT,
    description: "Show a server's host and what else is for administrators (OS-EXT-SRV-ATTR)",
  },
  'os_compute_api:servers:update': {
    check: member,
    scope: PROJECT,
    description: 'Change name, description or host name of a server',
    routes: [`PUT ${at}/{id}`],
  },
  'os_compute_api:servers:delete': {
    check: member,
    scope: PROJECT,
    description: 'Delete a server',
    routes: [`DELETE ${at}/{id}`],
  },
  'os_compute_api:ips:index': {
    check: reader,
    scope: PROJECT,
    description: "List a server's addresses",
    routes: [`GET ${at}/{id}/ips`],
  },
  'os_compute_api:ips:show': {
    check: reader,
    scope: PROJECT,
    description: "List a server's addresses on one network",
    routes: [`GET ${at}/{id}/ips/{network}`],
  },
  'os_compute_api:os-attach-interfaces:list': {
    check: reader,
    scope: PROJECT,
    description: "List a server's ports",
    routes: [`GET ${at}/{id}/os-interface`],
  },
  'os_compute_api:os-attach-interfaces:show': {
    check: reader,
    scope: PROJECT,
    description: 'Show a port of a server',
    routes: [`GET ${at}/{id}/os-interface/{port}`],
  },
  'os_compute_api:os-server-password:show': {
    check: reader,
    scope: PROJECT,
    description: "Show what a server's guest has posted as its password",
    routes: [`GET ${at}/{id}/os-server-password`],
  },
  'os_compute_api:os-server-password:clear': {
    check: member,
    scope: PROJECT,
    description: 'Forget the password of a server',
    routes: [`DELETE ${at}/{id}/os-server-password`],
  },
});
