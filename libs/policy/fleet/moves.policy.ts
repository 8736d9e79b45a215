import { CLOUD, PROJECT, rules } from '../rule.js';

const at = '/fleet/v1';
const admin = 'rule:context_is_admin';
const watching = 'rule:context_is_admin or rule:system_reader';

/** Our own API: whether servers can be moved, moves, plans that even out the hosts. */
export const fleetMoves = rules({
  'fleet:instances:mobility': {
    check: 'rule:project_reader_or_admin',
    scope: PROJECT,
    description: 'Ask whether a server can be moved',
    routes: [`GET ${at}/instances/{id}/mobility`],
  },
  'fleet:instances:explain': {
    check: watching,
    scope: CLOUD,
    description: 'Show why a server is where it is: every host, every filter',
    routes: [`GET ${at}/instances/{id}/explain`],
  },
  'fleet:instances:live-migrate': {
    check: admin,
    scope: PROJECT,
    description: 'Move a server live by the memory mode of choice',
    routes: [`POST ${at}/instances/{id}/live-migration`],
  },
  'fleet:instances:show-live-migration': {
    check: admin,
    scope: PROJECT,
    description: "Show a server's latest live migration",
    routes: [`GET ${at}/instances/{id}/live-migration`],
  },
  'fleet:migrations:show': {
    check: watching,
    scope: CLOUD,
    description: 'Show a move: its timings, and how its guest did afterwards',
    routes: [`GET ${at}/migrations/{id}`],
  },
  'fleet:rebalance-plans:list': {
    check: watching,
    scope: CLOUD,
    description: 'List and show plans that even out the hosts',
    routes: [`GET ${at}/rebalance-plans`, `GET ${at}/rebalance-plans/{id}`],
  },
  'fleet:rebalance-plans:create': {
    check: admin,
    scope: CLOUD,
    description: 'Make a plan that evens out the hosts',
    routes: [`POST ${at}/rebalance-plans`],
  },
  'fleet:rebalance-plans:apply': {
    check: admin,
    scope: CLOUD,
    description: 'Carry out a plan, now or later',
    routes: [`POST ${at}/rebalance-plans/{id}/apply`, `POST ${at}/rebalance-plans/{id}/schedule`],
  },
  'fleet:rebalance-plans:cancel': {
    check: admin,
    scope: CLOUD,
    description: 'Cancel a plan',
    routes: [`DELETE ${at}/rebalance-plans/{id}`],
  },
});
