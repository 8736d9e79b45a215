import { PROJECT, rules } from '../rule.js';

const metadata = '/compute/v2.1/servers/{id}/metadata';
const tags = '/compute/v2.1/servers/{id}/tags';
const member = 'rule:project_member_or_admin';
const reader = 'rule:project_reader_or_admin';

/** Nova API: metadata and tags of servers. */
export const serverMetadata = rules({
  'os_compute_api:server-metadata:index': {
    check: reader,
    scope: PROJECT,
    description: "List a server's metadata",
    routes: [`GET ${metadata}`],
  },
  'os_compute_api:server-metadata:show': {
    check: reader,
    scope: PROJECT,
    description: "Show an item of a server's metadata",
    routes: [`GET ${metadata}/{key}`],
  },
  'os_compute_api:server-metadata:create': {
    check: member,
    scope: PROJECT,
    description: "Add to a server's metadata",
    routes: [`POST ${metadata}`],
  },
  'os_compute_api:server-metadata:update_all': {
    check: member,
    scope: PROJECT,
    description: "Replace a server's metadata",
    routes: [`PUT ${metadata}`],
  },
  'os_compute_api:server-metadata:update': {
    check: member,
    scope: PROJECT,
    description: "Set an item of a server's metadata",
    routes: [`PUT ${metadata}/{key}`],
  },
  'os_compute_api:server-metadata:delete': {
    check: member,
    scope: PROJECT,
    description: "Remove an item of a server's metadata",
    routes: [`DELETE ${metadata}/{key}`],
  },
  'os_compute_api:os-server-tags:index': {
    check: reader,
    scope: PROJECT,
    description: "List a server's tags",
    routes: [`GET ${tags}`],
  },
  'os_compute_api:os-server-tags:show': {
    check: reader,
    scope: PROJECT,
    description: 'Ask whether a server has a tag',
    routes: [`GET ${tags}/{tag}`],
  },
  'os_compute_api:os-server-tags:update_all': {
    check: member,
    scope: PROJECT,
    description: "Replace a server's tags",
    routes: [`PUT ${tags}`],
  },
  'os_compute_api:os-server-tags:update': {
    check: member,
    scope: PROJECT,
    description: 'Add a tag to a server',
    routes: [`PUT ${tags}/{tag}`],
  },
  'os_compute_api:os-server-tags:delete_all': {
    check: member,
    scope: PROJECT,
    description: "Remove a server's tags",
    routes: [`DELETE ${tags}`],
  },
  'os_compute_api:os-server-tags:delete': {
    check: member,
    scope: PROJECT,
    description: 'Remove a tag of a server',
    routes: [`DELETE ${tags}/{tag}`],
  },
});
