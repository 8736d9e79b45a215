import { PROJECT, rules } from '../rule.js';

const at = '/networking/v2.0/ports';
const member = 'rule:project_member_or_admin';
const admin = 'rule:context_is_admin';
const owner = 'rule:network_owner_or_admin';

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
  'create_port:mac_address': {
    check: owner,
    scope: PROJECT,
    description: "Choose the MAC of a new port: on somebody else's network nobody",
  },
  'create_port:fixed_ips:ip_address': {
    check: owner,
    scope: PROJECT,
    description: 'Choose an address of a new port, not only a subnet',
  },
  'create_port:port_security_enabled': {
    check: owner,
    scope: PROJECT,
    description: 'Switch anti-spoofing of a new port on or off',
  },
  'create_port:allowed_address_pairs': {
    check: owner,
    scope: PROJECT,
    description: 'Let a new port send from other addresses than its own',
  },
  'create_port:device_owner': {
    check: owner,
    scope: PROJECT,
    description: "Say that a new port is of the network's own (network:*)",
  },
  'create_port:project_id': {
    check: admin,
    scope: PROJECT,
    description: 'Make a port for another project',
  },
  'update_port:mac_address': {
    check: owner,
    scope: PROJECT,
    description: "Choose the MAC of a port: on somebody else's network nobody",
  },
  'update_port:fixed_ips:ip_address': {
    check: owner,
    scope: PROJECT,
    description: 'Choose an address of a port, not only a subnet',
  },
  'update_port:port_security_enabled': {
    check: owner,
    scope: PROJECT,
    description: 'Switch anti-spoofing of a port on or off',
  },
  'update_port:allowed_address_pairs': {
    check: owner,
    scope: PROJECT,
    description: 'Let a port send from other addresses than its own',
  },
  'update_port:device_owner': {
    check: owner,
    scope: PROJECT,
    description: "Say that a port is of the network's own (network:*)",
  },
  'update_port:project_id': {
    check: admin,
    scope: PROJECT,
    description: 'Give a port to another project',
  },
  delete_port: {
    check: member,
    scope: PROJECT,
    description: 'Delete a port',
    routes: [`DELETE ${at}/{id}`],
  },
  'get_port:tags': {
    check: 'rule:project_reader_or_admin',
    scope: PROJECT,
    description: 'See the tags of a port',
    routes: [`GET ${at}/{id}/tags`, `GET ${at}/{id}/tags/{tag}`],
  },
  'create_port:tags': {
    check: member,
    scope: PROJECT,
    description: 'Add several tags to a port',
    routes: [`POST ${at}/{id}/tags`],
  },
  'update_port:tags': {
    check: member,
    scope: PROJECT,
    description: 'Replace the tags of a port, or add one',
    routes: [`PUT ${at}/{id}/tags`, `PUT ${at}/{id}/tags/{tag}`],
  },
  'delete_port:tags': {
    check: member,
    scope: PROJECT,
    description: 'Remove tags from a port',
    routes: [`DELETE ${at}/{id}/tags`, `DELETE ${at}/{id}/tags/{tag}`],
  },
});
