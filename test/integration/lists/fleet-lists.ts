import { NOWHERE } from './list-table.js';
import type { List, Things } from './list-table.js';

/** Our own: whatever is not known is refused. */
export const fleetLists = (things: Things): List[] => [
  {
    path: '/fleet/v1/hosts',
    key: 'hosts',
    thing: things.hostId,
    fields: [],
    unknown: 'refused',
    pages: { stale: 404 },
  },
  {
    path: '/fleet/v1/operations',
    key: 'operations',
    thing: things.operationId,
    fields: [
      ['project_id', things.projectId, 'x'],
      ['resource_type', 'instance', 'port'],
      ['resource_id', things.serverId, NOWHERE],
      ['kind', 'instance.create', 'instance.delete'],
      ['parent_id', null, NOWHERE, 'x'],
      ['state', 'pending', 'error', 'gone'],
    ],
    unknown: 'refused',
    pages: { stale: 404 },
  },
  {
    path: '/fleet/v1/rebalance-plans',
    key: 'rebalance_plans',
    thing: things.planId,
    fields: [],
    unknown: 'refused',
    pages: { stale: 404 },
  },
];
