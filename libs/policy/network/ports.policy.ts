import { PROJECT, rules } from '../rule.js';

const at = '/networking/v2.0/ports';
const member = 'rule:project_member_or_admin';
const admin = 'rule:context_is_admin';

/** Neutron API: ports. `network:project_id`: whose the network is. */
export const ports = rules({
  create_port: {
    check: member,
    scope: PROJECT,
    description: 'Create a port on a network that one may see',
    routes: [`POST ${at}`],
  },
  'create_port:binding:host_id': {
    check: admin,
    scope: PROJECT,
    description: 'Plug a new port into a host',
  },
  get_port: {
    check: 'rule:project_reader_or_admin',
    scope: PROJECT,
    description: "List and show the project's ports",
    routes: [`GET ${at}`, `GET ${at}/{id}`],
  },
  'get_port:binding:host_id': {
    check: admin,
    scope: PROJECT,
    description: 'See which host a port is plugged into; filter and sort by it',
  },
  update_port: {
    check: member,
    scope: PROJECT,
    description: 'Change a port',
    routes: [`PUT ${at}/{id}`],
  },
  'update_port:binding:host_id': {
    check: admin,
    scope: PROJECT,
    description: 'Plug a port into a host, or out of it',
  },
  delete_port: {
    check: member,
    scope: PROJECT,
    description: 'Delete a port',
    routes: [`DELETE ${at}/{id}`],
  },
});
