import { CLOUD, PROJECT, rules } from '../rule.js';

const at = '/compute/v2.1/servers/{id}';
const reader = 'rule:project_reader_or_admin';
const admin = 'rule:context_is_admin';

/** Nova API: migrations, migrations of servers, instance actions. */
export const migrations = rules({
  'os_compute_api:os-migrations:index': {
    check: admin,
    scope: CLOUD,
    description: 'List migrations of all servers',
    routes: ['GET /compute/v2.1/os-migrations'],
  },
  'os_compute_api:servers:migrations:index': {
    check: admin,
    scope: PROJECT,
    description: "List a server's live migrations in progress",
    routes: [`GET ${at}/migrations`],
  },
  'os_compute_api:servers:migrations:show': {
    check: admin,
    scope: PROJECT,
    description: 'Show a live migration in progress',
    routes: [`GET ${at}/migrations/{migration}`],
  },
  'os_compute_api:servers:migrations:delete': {
    check: admin,
    scope: PROJECT,
    description: 'Abort a live migration',
    routes: [`DELETE ${at}/migrations/{migration}`],
  },
  'os_compute_api:servers:migrations:force_complete': {
    check: admin,
    scope: PROJECT,
    description: 'Let a live migration switch at once',
    routes: [`POST ${at}/migrations/{migration}/action`],
  },
  'os_compute_api:os-instance-actions:list': {
    check: reader,
    scope: PROJECT,
    description: "List a server's actions",
    routes: [`GET ${at}/os-instance-actions`],
  },
  'os_compute_api:os-instance-actions:show': {
    check: reader,
    scope: PROJECT,
    description: 'Show an action of a server',
    routes: [`GET ${at}/os-instance-actions/{requestId}`],
  },
  'os_compute_api:os-instance-actions:events': {
    check: admin,
    scope: PROJECT,
    description: 'Show the events of an action with tracebacks, and up to 2.50 at all',
  },
  'os_compute_api:os-instance-actions:events:details': {
    check: admin,
    scope: PROJECT,
    description: 'Show why an event failed, in the words of the host (2.84)',
  },
});
