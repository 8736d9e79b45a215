import type { Weigher } from '../weigher.js';

/** Soft policies of server groups: near the group's members, or away from them. Outweighs the weighers that spread. */
export const softServerGroup: Weigher = {
  name: 'soft-server-group',
  multiplier: 10,
  weigh: (fleet, host, { group }) => {
    const members = group?.membersByHost.get(fleet.ids[host]) ?? 0;
    if (group?.policy === 'soft-affinity') return members;
    return group?.policy === 'soft-anti-affinity' ? -members : 0;
  },
};
