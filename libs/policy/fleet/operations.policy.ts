import { CLOUD, rules } from '../rule.js';

const at = '/fleet/v1/operations';
const watching = 'rule:context_is_admin or rule:system_reader';

/** Our own API: operations and events. */
export const fleetOperations = rules({
  'fleet:operations:list': {
    check: `rule:project_reader or ${watching}`,
    scope: CLOUD,
    description: 'List and show operations',
    routes: [`GET ${at}`, `GET ${at}/{id}`],
  },
  'fleet:operations:all_projects': {
    check: watching,
    scope: CLOUD,
    description: 'See operations and events of all projects',
  },
  'fleet:failures:details': {
    check: watching,
    scope: CLOUD,
    description: 'See why something failed in its own words, which name hosts, paths and logs (Nova: OSSA-2019-003)',
  },
});
