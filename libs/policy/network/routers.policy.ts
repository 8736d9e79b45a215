import { PROJECT, rules } from '../rule.js';

const at = '/networking/v2.0/routers';
const member = 'rule:project_member_or_admin';
const reader = 'rule:project_reader_or_admin';

/** Neutron API: routers. */
export const routers = rules({
  create_router: {
    check: member,
    scope: PROJECT,
    description: 'Create a router: for another project as an administrator only',
    routes: [`POST ${at}`],
  },
  get_router: {
    check: reader,
    scope: PROJECT,
    description: "List and show the project's routers",
    routes: [`GET ${at}`, `GET ${at}/{id}`],
  },
  'get_router:distributed': {
    check: 'rule:context_is_admin',
    scope: PROJECT,
    description: 'See whether a router is distributed or highly available',
  },
  update_router: {
    check: member,
    scope: PROJECT,
    description: 'Change a router, also its extra routes',
    routes: [`PUT ${at}/{id}`],
  },
  delete_router: {
    check: member,
    scope: PROJECT,
    description: 'Delete a router',
    routes: [`DELETE ${at}/{id}`],
  },
  add_router_interface: {
    check: member,
    scope: PROJECT,
    description: 'Join a subnet to a router',
    routes: [`PUT ${at}/{id}/add_router_interface`],
  },
  'add_router_interface:gateway': {
    check: 'rule:network_owner_or_admin',
    scope: PROJECT,
    description: "Give a router the gateway address of a subnet: on somebody else's network nobody",
  },
  remove_router_interface: {
    check: member,
    scope: PROJECT,
    description: 'Take a subnet away from a router',
    routes: [`PUT ${at}/{id}/remove_router_interface`],
  },
  add_extraroutes: {
    check: member,
    scope: PROJECT,
    description: 'Add extra routes to a router',
    routes: [`PUT ${at}/{id}/add_extraroutes`],
  },
  remove_extraroutes: {
    check: member,
    scope: PROJECT,
    description: 'Remove extra routes of a router',
    routes: [`PUT ${at}/{id}/remove_extraroutes`],
  },
  'get_router:tags': {
    check: reader,
    scope: PROJECT,
    description: 'See the tags of a router',
    routes: [`GET ${at}/{id}/tags`, `GET ${at}/{id}/tags/{tag}`],
  },
  'create_router:tags': {
    check: member,
    scope: PROJECT,
    description: 'Add several tags to a router',
    routes: [`POST ${at}/{id}/tags`],
  },
  'update_router:tags': {
    check: member,
    scope: PROJECT,
    description: 'Replace the tags of a router, or add one',
    routes: [`PUT ${at}/{id}/tags`, `PUT ${at}/{id}/tags/{tag}`],
  },
  'delete_router:tags': {
    check: member,
    scope: PROJECT,
    description: 'Remove tags from a router',
    routes: [`DELETE ${at}/{id}/tags`, `DELETE ${at}/{id}/tags/{tag}`],
  },
});
